import { expect, test } from "vitest";
import { brief, clock, day, sameDay } from "../../src/ui/times";

const at = (...parts: [number, number, number, number?, number?]) => new Date(...parts).getTime();

test("the clock is that of the language", () => {
  expect(clock("en", at(2026, 4, 12, 14, 5))).toMatch(/^2:05\sPM$/);
  expect(clock("zh", at(2026, 4, 12, 14, 5))).toBe("14:05");
});

test("days are today, yesterday, or their date, with the year where it is another", () => {
  const now = at(2026, 4, 12, 0, 10);
  expect(day("en", at(2026, 4, 12, 0, 5), now)).toBe("today");
  expect(day("en", at(2026, 4, 11, 23, 59), now)).toBe("yesterday");
  expect(day("zh", at(2026, 4, 11, 23, 59), now)).toBe("昨天");
  expect(day("en", at(2026, 4, 10), now)).toBe("Sunday, May 10");
  expect(day("en", at(2025, 4, 10), now)).toBe("Saturday, May 10, 2025");
});

test("lists tell the clock of today and the date of earlier", () => {
  const now = at(2026, 4, 12, 18);
  expect(brief("en", at(2026, 4, 12, 9, 30), now)).toMatch(/^9:30\sAM$/);
  expect(brief("en", at(2026, 4, 11, 9, 30), now)).toBe("May 11");
  expect(sameDay(at(2026, 4, 11, 23, 59), at(2026, 4, 12, 0, 0))).toBe(false);
});
