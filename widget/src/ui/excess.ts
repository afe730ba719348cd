/** How many bytes of UTF-8 a text is longer than allowed. */
export function excess(text: string, longest: number): number {
  return Math.max(0, new TextEncoder().encode(text).length - longest);
}
