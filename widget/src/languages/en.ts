// English. Other languages are typed by this file: a text that one lacks is a compile error.
//
// {words} in braces are filled in. A text with plural forms has one for each category that the language knows
// (Unicode CLDR, as Intl.PluralRules names them); `other` is always there.
import type { LauncherTexts } from "./index";

export const launcher: LauncherTexts = {
  open: "Open chat",
  close: "Close chat",
  unread: { one: "{n} unread message", other: "{n} unread messages" },
  unreachable: "The chat cannot be reached. Try again.",
};

export const texts = {
  // Head
  title: "Chat with us",
  available: "Online",
  away: "Away: an answer may take a while",
  offline: "Nobody is here right now",
  back: "Back",
  menu: "More",
  greeting: "Hello! How can we help?",

  // A conversation with a desk
  ringing: "Calling somebody for you…",
  taken: "{name} is talking with you",
  closed: "This conversation has ended. Write to begin another.",
  end: "End conversation",
  kept: "Your message is kept. Our answer waits here when you return to this page in this browser.",

  // Composer
  write: "Write a message",
  send: "Send",
  emoji: "Emoji",
  tooLong: { one: "{n} character too long", other: "{n} characters too long" },

  // Messages
  log: "Messages",
  you: "You",
  sending: "Sending",
  sent: "Sent",
  delivered: "Delivered",
  read: "Read",
  waiting: "Kept until somebody is back",
  failed: "Not sent",
  retry: "Try again",
  typing: "{name} is typing",
  typingMany: "Several people are typing",
  earlier: "Earlier messages",
  latest: "New messages",
  newWindow: "opens in a new window",

  // Connection
  connecting: "Connecting…",
  lost: "No connection. Trying again…",
  lostFor: { one: "No connection. Trying again in {n} second.", other: "No connection. Trying again in {n} seconds." },
  retryNow: "Try now",
  refused: "The chat is not available here.",
  tokenExpired: "Your sign-on has expired. Reload the page.",
  signOnFailed: "You could not be signed on.",
  tooFast: "Too fast. Wait a moment.",
  wentWrong: "That did not work: {reason}",

  // Elsewhere than in the panel
  newMessage: "New message",
  newFrom: "New message from {name}",
};

/** What only some need, fetched when they do: forms, the menu, rooms, and all that members have. */
export const moreTexts = {
  // Forms
  name: "Your name",
  email: "E-mail",
  message: "Message",
  optional: "optional",
  start: "Start chatting",
  startWith: "Tell us who you are, so that we know whom we talk with.",
  leave: "Leave message",
  leaveWith: "Nobody is here right now. Leave a message: it is kept for us, and the answer waits here when you return.",
  leaveEmail: "Our staff sees your address, and may write to you there.",
  needName: "Please say your name.",
  needEmail: "Please give an e-mail address like anna@example.org.",
  needText: "Please write a message.",

  // Choices
  sound: "Sound for new messages",
  notify: "Notify me of new messages",
  notifyBlocked: "Notifications are blocked in your browser",
  signOut: "Sign out",

  // Rooms
  members: { one: "{n} person here", other: "{n} people here" },
  membersOf: "People in {name}",
  joined: "{name} has joined",
  left: "{name} has left",
  renamed: "{name} is now {other}",
  topicIs: "Topic: {topic}",
  leaveRoom: "Leave room",

  // Members
  talks: "Talks",
  people: "People",
  rooms: "Rooms",
  noTalks: "No talks yet",
  noPeople: "Nobody on your list yet",
  noRooms: "You are in no room yet",
  unreadHere: { one: "{n} unread", other: "{n} unread" },
  myPresence: "My presence",
  "presence-available": "Available",
  "presence-away": "Away",
  "presence-extended-away": "Away for long",
  "presence-busy": "Busy",
  "presence-invisible": "Invisible",
  "presence-offline": "Offline",
  addPerson: "Add person",
  personName: "Name, like alice",
  add: "Add",
  joinRoom: "Join room",
  roomName: "Room, like #tea",
  join: "Join",
  asks: "{name} wants to see when you are here",
  approve: "Allow",
  refuse: "Refuse",
  asked: "Asked, not answered yet",
  block: "Block",
  unblock: "Unblock",
  blocked: "Blocked",
  remove: "Remove from list",
};
