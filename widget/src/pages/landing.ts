// The landing page is whole without this; it only makes the tag easier to take along.
import { offerCopies } from "./parts/copying";

offerCopies(document, "Copied");
