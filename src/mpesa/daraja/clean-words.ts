/** A text that somebody else wrote, fit to be stored and shown: one line, trimmed, never longer than `longest` characters. */
export function cleanWords(text: string, longest: number): string {
  return text
    .slice(0, 1000)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, longest)
    .toWellFormed()
    .trim();
}
