// States worth looking at.
import type { Contact, State } from "../../src/engine/types";
import {
  conversation,
  happened,
  MEMBER,
  member,
  mine,
  NOBODY,
  ONLINE,
  presence,
  said,
  talk,
  withTalks,
} from "../ui/fake";

function contact(key: string, name: string, more: Partial<Contact> = {}): Contact {
  const nothing = { label: "", groups: [], subscription: "both", asking: false, asked: false, blocked: false } as const;
  return { ...nothing, key, address: `${key}@example.org`, name, ...more };
}

const WORDS: Record<string, string[]> = {
  en: [
    "Hi! Does the Lumen 3 reading lamp come in green, too?",
    "Hello Anna, yes it does. Here it is: https://shop.example/lamps/lumen-3?colour=green",
    "It is back in stock since Monday.",
    "Wonderful, thank you! And how long would delivery to Graz take?",
    "Two to three days. If you order before 4 pm it leaves today.",
    "Perfect",
    "🎉",
    "Carla",
  ],
  zh: [
    "你好！Lumen 3 阅读灯有绿色的吗？",
    "您好，有的。链接在这里：https://shop.example/lamps/lumen-3?colour=green",
    "周一刚补货。",
    "太好了，谢谢！送到杭州大概需要几天？",
    "两到三天。下午四点前下单，当天发货。",
    "好的，我现在就下单",
    "🎉",
    "陈静",
  ],
  ar: [
    "مرحبًا! هل يتوفر مصباح القراءة Lumen 3 باللون الأخضر؟",
    "أهلًا آنا، نعم. ها هو: https://shop.example/lamps/lumen-3?colour=green",
    "عاد إلى المخزون يوم الاثنين.",
    "رائع، شكرًا! وكم يستغرق التوصيل إلى عمّان؟",
    "يومان إلى ثلاثة أيام. إذا طلبت قبل الرابعة يُرسل اليوم.",
    "ممتاز",
    "🎉",
    "كارلا",
  ],
};

function sales(language: string, now = Date.now() - 600_000) {
  const words = WORDS[language] ?? WORDS.en ?? [];
  const word = (index: number) => words[index] ?? "";
  const name = word(7);
  const at = (minute: number) => ({ time: now + minute * 60_000, name });
  return [
    mine(word(0), "read", { time: now }),
    happened("taken", name, { time: now + 30_000 }),
    said("carla", word(1), at(1)),
    said("carla", word(2), at(1.2)),
    mine(word(3), "read", { time: now + 120_000 }),
    said("carla", word(4), at(3)),
    mine(word(5), "delivered", { time: now + 240_000 }),
    mine(word(6), "sent", { time: now + 245_000 }),
  ];
}

function taken(language = "en"): State {
  const name = (WORDS[language] ?? WORDS.en)?.[7] ?? "";
  const items = sales(language);
  return {
    ...withTalks(
      ONLINE,
      talk("sales", {
        title: "Sales",
        items,
        conversation: conversation("sales", "taken", name),
        last: items.at(-1)?.time ?? 0,
      }),
    ),
    presence: { sales: presence("available") },
  };
}

const now = Date.now();

export const scenes: Record<string, (language: string) => State> = {
  talk: taken,
  typing: (language) => {
    const state = taken(language);
    const sales = state.talks.sales;
    return sales ? withTalks(state, { ...sales, typing: [{ address: "carla@example.org", name: "Carla" }] }) : state;
  },
  fresh: () => ({
    ...withTalks(ONLINE, talk("sales", { title: "Sales" })),
    presence: { sales: presence("available") },
  }),
  leave: () => ({ ...withTalks(ONLINE, talk("sales", { title: "Sales" })), presence: { sales: presence("offline") } }),
  start: () => ({ ...NOBODY, needs: "introduction" }),
  kept: () => ({
    ...withTalks(
      ONLINE,
      talk("sales", { title: "Sales", items: [mine("Do you repair lamps, too?", "kept", { time: now })] }),
    ),
    presence: { sales: presence("offline") },
  }),
  trouble: () => ({
    ...withTalks(
      ONLINE,
      talk("sales", {
        title: "Sales",
        items: [
          said("carla", "One moment please", { time: now - 90_000, name: "Carla" }),
          mine("Are you still there?", "failed", {
            time: now - 60_000,
            problem: { code: "too-long", text: "Too long." },
          }),
          mine("Hello?", "sending", { time: now - 50_000 }),
        ],
      }),
    ),
    connection: { kind: "waiting", retryAt: now + 9_000 },
  }),
  unread: (language) => {
    const state = taken(language);
    const { sales } = state.talks;
    return sales ? { ...state, talks: { sales: { ...sales, unread: 3 } } } : state;
  },
  room: () => {
    const at = (minute: number) => ({ time: now - 900_000 + minute * 60_000 });
    return withTalks(
      ONLINE,
      talk("#help", {
        title: "#help",
        hasOlder: true,
        firstUnread: "u1",
        items: [
          said("mira", "Has anybody tried the new filament?", at(0)),
          said("joe", "Yes, on two printers. https://wiki.example/filament has my notes.", at(1)),
          said("joe", "Print it ten degrees cooler than it says.", at(1.1)),
          happened("joined", "anna-k3f9", at(2)),
          mine("Thank you, I shall try that", "sent", at(3)),
          happened("parted", "old_hand", at(4)),
          said("mira", "waves", { ...at(5), kind: "action" }),
          said("bot", "Build 4711 is done", { ...at(6), kind: "notice", key: "u1" }),
          said("אלון", "שלום, מישהו כאן?", at(7)),
        ],
        room: {
          joined: true,
          topic: "3D printing for beginners, notes at https://wiki.example/start",
          count: 5,
          members: [
            member("mira", { roles: ["founder"] }),
            member("joe"),
            member("anna-k3f9"),
            member("bot", { roles: ["voice"] }),
            member("אלון"),
          ],
        },
      }),
    );
  },
  home: (language) => ({
    ...withTalks(
      ONLINE,
      talk("sales", { title: "Sales", items: sales(language), last: now - 300_000 }),
      talk("support", { title: "Support" }),
      talk("#help", {
        title: "#help",
        unread: 2,
        items: [said("mira", "Has anybody tried it?", { time: now - 100_000 })],
        last: now - 100_000,
      }),
    ),
    presence: { sales: presence("available"), support: presence("away") },
  }),
  member: () => ({
    ...withTalks(
      { ...ONLINE, me: MEMBER },
      talk("bob", {
        kind: "person",
        title: "Bob Marlow",
        unread: 2,
        items: [said("bob", "See you at four?", { time: now - 60_000, name: "Bob" })],
        last: now - 60_000,
      }),
      talk("sales", { title: "Sales", items: sales("en"), last: now - 300_000 }),
      talk("#tea", {
        title: "#tea",
        items: [said("mira", "Oolong is in", { time: now - 86_400_000 })],
        last: now - 86_400_000,
      }),
    ),
    presence: {
      bob: presence("available"),
      sales: presence("available"),
      dora: presence("busy", "writing"),
      eve: presence("away", "lunch"),
    },
    contacts: [
      contact("bob", "Bob Marlow"),
      contact("dora", "Dora"),
      contact("eve", "Eve Adler"),
      contact("frank", "Frank", { subscription: "none", asking: true }),
      contact("mallory", "Mallory", { subscription: "none", blocked: true }),
      contact("zoe", "Zoë", { subscription: "none", asked: true }),
    ],
    unread: 2,
  }),
};
