// The place of the form until it is fetched.
import type { Talk } from "../engine/types";
import { useLater } from "./later";
import type { View } from "./view";

export function Form(props: { view: View; talk: Talk | undefined; mode: "start" | "leave" }) {
  const part = useLater(async () => (await Promise.all([import("./form"), props.view.more()]))[0]);
  return part ? <part.Form {...props} /> : <div class="middle" />;
}
