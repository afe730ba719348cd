// The title of the page, which tells who is in another tab that there is something to read.

const FLASH = 1500;

// The page has one title, however many widgets it has.
const waiting = new Map<object, string>();
let timer: ReturnType<typeof setInterval> | undefined;
let original = "";
let flashed = "";

function restore(): void {
  // Unless the page has changed it meanwhile.
  if (flashed && document.title === flashed) document.title = original;
  flashed = "";
}

function flash(): void {
  if (flashed) {
    restore();
    return;
  }
  original = document.title;
  flashed = [...waiting.values()][0] ?? "";
  document.title = flashed;
}

/** Let the page's title say `text` by turns, empty: no more. */
export function flashTitle(who: object, text: string): void {
  if (text) waiting.set(who, text);
  else waiting.delete(who);
  if (waiting.size) timer ??= setInterval(flash, FLASH);
  else {
    clearInterval(timer);
    timer = undefined;
    restore();
  }
}
