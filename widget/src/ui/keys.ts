// Lists are one stop of the Tab key; the arrows move within them (ARIA Authoring Practices, roving tabindex).

/** Move the focus among the buttons of the list the event came from. */
export function roving(event: KeyboardEvent, along: "horizontal" | "vertical"): void {
  const list = event.currentTarget as HTMLElement;
  const stops = [...list.querySelectorAll<HTMLElement>("button, [data-stop]")];
  const now = stops.indexOf(event.target as HTMLElement);
  if (now < 0) return;
  const forward = getComputedStyle(list).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
  const backward = forward === "ArrowLeft" ? "ArrowRight" : "ArrowLeft";
  const steps: Record<string, number> = {
    ArrowDown: now + 1,
    ArrowUp: now - 1,
    Home: 0,
    End: stops.length - 1,
    ...(along === "horizontal" && { [forward]: now + 1, [backward]: now - 1 }),
  };
  const next = steps[event.key];
  if (next === undefined) return;
  event.preventDefault();
  const stop = stops[(next + stops.length) % stops.length];
  for (const other of stops) other.tabIndex = other === stop ? 0 : -1;
  stop?.focus();
}
