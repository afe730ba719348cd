// What one has chosen in this browser.

export function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Whether sound or notifications are to come, as far as chosen before or by the site. */
export function alerted(sound: "on" | "off" | "never"): boolean {
  return (sound !== "never" && (stored("imd.sound") ?? sound) === "on") || stored("imd.notify") === "on";
}
