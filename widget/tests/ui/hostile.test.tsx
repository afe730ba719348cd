// @vitest-environment happy-dom
//
// Every string a peer may have written, wherever it is shown: it is text there, and nothing else.
import { afterEach, expect, test, vi } from "vitest";
import type { State } from "../../src/engine/types";
import { corpus } from "./corpus";
import {
  conversation,
  FakeEngine,
  happened,
  MEMBER,
  member,
  mine,
  ONLINE,
  presence,
  said,
  talk,
  withTalks,
} from "./fake";
import { type Stage, stage } from "./stage";

let here: Stage | undefined;

afterEach(() => {
  here?.end();
  here = undefined;
});

const MADE = new Set(
  "a aside bdi button div form h2 header input label li ol option p path section select small span strong svg textarea time ul".split(
    " ",
  ),
);

/** Nothing is in the panel but what the widget makes. */
function onlyText(panel: Element): void {
  for (const element of panel.querySelectorAll("*")) {
    expect(MADE).toContain(element.localName);
    for (const { name, value } of element.attributes) {
      expect(name).not.toMatch(/^on|^srcdoc$|^formaction$/);
      if (name === "href") expect(value).toMatch(/^(https?:\/\/|mailto:)/);
      if (name === "style") expect(value).toMatch(/^(--_hue: \d+;|height: \w+;)$/);
    }
    if (element.localName === "a") {
      expect(element.getAttribute("rel")).toBe("noopener noreferrer nofollow");
      expect(element.getAttribute("target")).toBe("_blank");
    }
  }
}

/** As the widget shows it: `textContent` of what it drew. */
const shows = (text: string) => expect(here?.text()).toContain(text);

const inDesk = (text: string): State => ({
  ...withTalks(
    ONLINE,
    talk("sales", {
      title: text,
      items: [
        said("carla", text, { name: text }),
        said("carla", text, { name: text, kind: "action" }),
        said("carla", text, { name: text, kind: "notice" }),
        mine(text, "failed", { problem: { code: "refused", text } }),
        happened("taken", text),
      ],
      typing: [{ address: "carla@example.org", name: text }],
      conversation: conversation("sales", "taken", text),
    }),
  ),
  presence: { sales: presence("available", text) },
});

const inRoom = (text: string): State =>
  withTalks(
    ONLINE,
    talk("#tea", {
      title: text,
      items: [happened("joined", text), happened("renamed", text, { text }), happened("topic", text, { text })],
      room: { joined: true, topic: text, count: 1, members: [member("mallory", { name: text, roles: ["founder"] })] },
      problem: { code: "refused", text },
    }),
  );

const inLists = (text: string): State => ({
  ...withTalks(
    { ...ONLINE, me: { ...MEMBER, name: text } },
    talk("mallory", { kind: "person", title: text, items: [said("mallory", text, { name: text })] }),
  ),
  contacts: [
    {
      key: "mallory",
      address: "mallory@example.org",
      name: text,
      label: text,
      groups: [text],
      subscription: "both",
      asking: false,
      asked: true,
      blocked: false,
    },
  ],
  presence: { mallory: presence("away", text) },
});

test("in a talk with a desk", async () => {
  here = await stage(new FakeEngine(ONLINE));
  for (const text of corpus()) {
    here.engine.set(inDesk(text));
    shows(text);
    onlyText(here.panel);
    here.engine.emit("message", { talk: "sales", item: said("carla", text, { name: text }) });
    await here.settle();
    onlyText(here.panel);
  }
});

test("in a room", async () => {
  here = await stage(new FakeEngine(inRoom("x")), { agents: [], room: ["#tea"] });
  here.find("button.sub").click();
  await vi.waitFor(() => here?.find("[part=members]"));
  for (const text of corpus()) {
    here.engine.set(inRoom(text));
    shows(text);
    onlyText(here.panel);
  }
});

test("in the lists of a member", async () => {
  here = await stage(new FakeEngine(inLists("x")), { agents: [] });
  await vi.waitFor(() => here?.find("[role=tab]"));
  for (const tab of ["talks", "people"]) {
    here.find(`#imd-tab-${tab}`).click();
    await here.settle();
    for (const text of corpus()) {
      here.engine.set(inLists(text));
      shows(text);
      onlyText(here.panel);
    }
  }
});

test("in what the site itself has said", async () => {
  for (const text of corpus().slice(0, 40)) {
    here = await stage(new FakeEngine(withTalks(ONLINE, talk("sales"))), { title: text, greeting: text });
    shows(text);
    onlyText(here.panel);
    here.end();
  }
});
