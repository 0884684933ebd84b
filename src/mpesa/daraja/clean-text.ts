/**
 * Keeps of a text what a request can carry: letters, digits, space and - . / remain, because signs like @ # & have made requests fail. Never longer than `longest`
 * characters; empty when nothing remains.
 */
export function cleanText(text: string, longest: number): string {
  const plain = text.normalize('NFKD').replace(/[^A-Za-z0-9 ./-]/g, '');
  return plain.replace(/ +/g, ' ').trim().slice(0, longest).trim();
}
