import { cleanLine, lettersOf } from '#ground/notify/clean-line.ts';

/**
 * A line that the font can print. What it has no glyph for is spelled in parts or with plainer letters where Unicode knows them (ﬁ is fi), and
 * is otherwise shown as one "?" for each letter or emoji: an invoice never looks complete when it is not.
 */
export function toPrintable(text: string, limit: number, hasGlyph: (codePoint: number) => boolean): string {
  const canPrint = (letter: string) => letter !== '' && Array.from(letter).every((char) => hasGlyph(char.codePointAt(0) ?? 0));
  return lettersOf(cleanLine(text, limit))
    .map((letter) => [letter, letter.normalize('NFD'), letter.normalize('NFKD').replace(/\p{M}/gu, '')].find(canPrint) ?? '?')
    .join('');
}
