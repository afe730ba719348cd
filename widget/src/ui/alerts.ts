// What reaches somebody who is not looking: a tone, a notification, the title of the page. The first two only for who
// has asked for them, in the menu.

const FLASH = 1500;

function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function store(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Then it holds for this page only.
  }
}

const canNotify = typeof Notification === "function";

export class Alerts {
  /** Whether there is to be a tone. */
  sound: boolean;
  #notify: boolean;
  #audio: AudioContext | null = null;

  constructor(sound: "on" | "off" | "never") {
    this.sound = sound !== "never" && (stored("imd.sound") ?? sound) === "on";
    this.#notify = stored("imd.notify") === "on";
  }

  /** Whether notifications may be asked for here at all. */
  get notifiable(): "yes" | "blocked" | "no" {
    if (!canNotify || !isSecureContext) return "no";
    return Notification.permission === "denied" ? "blocked" : "yes";
  }

  get notify(): boolean {
    return canNotify && this.#notify && Notification.permission === "granted";
  }

  /** Called by a click: browsers let nothing sound before one. */
  setSound(on: boolean): void {
    this.sound = on;
    store("imd.sound", on ? "on" : "off");
    if (on) this.tone();
  }

  /** Called by a click, as browsers ask for permission only then. */
  async setNotify(on: boolean): Promise<void> {
    this.#notify = on && (await Notification.requestPermission()) === "granted";
    store("imd.notify", this.#notify ? "on" : "off");
  }

  /** Two soft notes, a fifth apart. */
  tone(): void {
    if (!this.sound) return;
    try {
      this.#audio ??= new AudioContext();
      const audio = this.#audio;
      void audio.resume();
      [660, 990].forEach((frequency, index) => {
        const start = audio.currentTime + index * 0.12;
        const note = audio.createOscillator();
        const volume = audio.createGain();
        note.frequency.value = frequency;
        volume.gain.setValueAtTime(0, start);
        volume.gain.linearRampToValueAtTime(0.12, start + 0.02);
        volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.4);
        note.connect(volume).connect(audio.destination);
        note.start(start);
        note.stop(start + 0.45);
      });
    } catch {
      // No sound here.
    }
  }

  /** `tag` is the same in all tabs: a second notification takes the place of the first. */
  notifyOf(title: string, body: string, tag: string, clicked: () => void): void {
    if (!this.notify) return;
    try {
      const shown = new Notification(title, { body, tag });
      shown.onclick = () => {
        window.focus();
        shown.close();
        clicked();
      };
    } catch {
      // Android knows them from service workers only.
    }
  }
}

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

/** Let the page's title say `text` by turns, for somebody in another tab; empty: no more. */
export function flashTitle(who: object, text: string): void {
  if (text && document.hidden) waiting.set(who, text);
  else waiting.delete(who);
  if (waiting.size) timer ??= setInterval(flash, FLASH);
  else {
    clearInterval(timer);
    timer = undefined;
    restore();
  }
}
