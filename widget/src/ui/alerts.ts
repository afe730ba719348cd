// What reaches somebody who is not looking: a tone, a notification. Only for who has asked for them, in the menu;
// fetched when that is opened, or when they were asked for before.
import { stored } from "./stored";

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
  tell(title: string, body: string, tag: string, clicked: () => void): void {
    this.tone();
    if (!document.hidden || !this.notify) return;
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
