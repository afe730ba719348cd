// Style sheets of the shadow root. Made by the script, where browsers know that (Safari since 16.4): no policy of the
// page's forbids it.

export function addStyle(root: ShadowRoot, text: string): void {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  } catch {
    root.prepend(Object.assign(document.createElement("style"), { textContent: text }));
  }
}
