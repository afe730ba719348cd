// Refusals in words of the widget's language, where it has some; else the server's English.
import type { Problem } from "../engine/types";
import type { Texts } from "../languages";
import { say, type View } from "./view";

const KNOWN: Readonly<Record<string, keyof Texts>> = {
  "too-fast": "tooFast",
  "token-expired": "tokenExpired",
  "sign-on-failed": "signOnFailed",
  "not-allowed": "refused",
};

export function explain(view: View, problem: Problem): string {
  const known = KNOWN[problem.code];
  return known ? say(view, known) : say(view, "wentWrong", { reason: problem.text });
}
