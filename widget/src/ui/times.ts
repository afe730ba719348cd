// How times are said, in the language of the widget and the time zone of the browser.

const formats = new Map<string, Intl.DateTimeFormat>();

function format(language: string, time: number, options: Intl.DateTimeFormatOptions): string {
  const key = language + JSON.stringify(options);
  const made = formats.get(key) ?? new Intl.DateTimeFormat(language, options);
  formats.set(key, made);
  return made.format(time);
}

/** `14:05`, `2:05 PM`. */
export function clock(language: string, time: number): string {
  return format(language, time, { hour: "numeric", minute: "2-digit" });
}

function midnight(time: number): number {
  return new Date(time).setHours(0, 0, 0, 0);
}

let begin = 0;
let end = 0;

/** Asked for each line of a talk, each time it is drawn: neighbours are mostly of the same day. */
export function sameDay(one: number, other: number): boolean {
  if (!(one >= begin && one < end)) {
    begin = midnight(one);
    end = new Date(begin).setHours(24);
  }
  return other >= begin && other < end;
}

/** Today, yesterday, or the date. */
export function day(language: string, time: number, now: number): string {
  // Rounded: a day in which clocks are changed has 23 or 25 hours.
  const ago = Math.round((midnight(now) - midnight(time)) / 86_400_000);
  if (ago === 0 || ago === 1) return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(-ago, "day");
  const year = new Date(time).getFullYear() === new Date(now).getFullYear() ? {} : ({ year: "numeric" } as const);
  return format(language, time, { weekday: "long", day: "numeric", month: "long", ...year });
}

/** For lists: the clock of today, the date of earlier. */
export function brief(language: string, time: number, now: number): string {
  return sameDay(time, now) ? clock(language, time) : format(language, time, { day: "numeric", month: "short" });
}
