const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The letters of a text as a reader counts them: an emoji or a letter with its marks is one. */
export const lettersOf = (text: string): string[] => Array.from(graphemes.segment(text), ({ segment }) => segment);

/**
 * One line of text that cannot steer what shows it: composed, without control, direction-changing or invisible characters, white space
 * joined, at most three marks on a letter, and cut with "…" beyond `limit` letters.
 */
export function cleanLine(text: string, limit: number): string {
  const line = text
    .slice(0, limit * 20) // bounds the work; no honest letter has twenty code units
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .replace(/(?!\u200d)[\p{Cf}\u115f\u1160\u3164\uffa0]/gu, '') // the joiner inside an emoji stays
    .replace(/(\p{M}{3})\p{M}+/gu, '$1')
    .trim();
  const letters = lettersOf(line);
  return letters.length <= limit
    ? line
    : `${letters
        .slice(0, limit - 1)
        .join('')
        .trimEnd()}…`;
}
