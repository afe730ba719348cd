// Buttons that copy what stands in the page: `<button data-copy="ID" hidden>`, shown where there is a clipboard.

/** How long a button says that it has copied, in milliseconds. */
const SAID_FOR = 2000;

/** Let the buttons of `root` copy. `done()` is what a button says for a moment; it is read out, too. */
export function offerCopies(root: ParentNode, done: string | (() => string)): void {
  // Browsers have it in secure contexts only: https, and this machine.
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll<HTMLButtonElement>("button[data-copy]")) {
    button.hidden = false;
    button.setAttribute("aria-live", "polite");
    let restore: ReturnType<typeof setTimeout> | undefined;
    let label = "";
    button.addEventListener("click", async () => {
      const text = document.getElementById(button.dataset.copy ?? "")?.textContent ?? "";
      await navigator.clipboard.writeText(text);
      if (restore === undefined) label = button.textContent ?? "";
      clearTimeout(restore);
      button.textContent = typeof done === "string" ? done : done();
      restore = setTimeout(() => {
        button.textContent = label;
        restore = undefined;
      }, SAID_FOR);
    });
  }
}
