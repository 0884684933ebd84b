/** The GSM 7-bit alphabet without what takes two places in it: one character beyond makes every SMS twice as dear. */
const GSM = new Set(
  '@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);

const PLAINER: Record<string, string> = {
  '’': "'",
  '‘': "'",
  '`': "'",
  '“': '"',
  '”': '"',
  '–': '-',
  '—': '-',
  '…': '...',
  '[': '(',
  ']': ')',
  '{': '(',
  '}': ')',
};

/** Two SMS, each of which gives seven of its 160 places away to be joined. */
export const TWO_SMS = 306;

/** Text in the GSM alphabet: letters lose the marks that it does not know (Wanjikũ is Wanjiku), and what it cannot write is left out. */
const toGsm = (text: string): string =>
  Array.from(text.normalize('NFC'), (letter) => {
    const plain = PLAINER[letter] ?? letter;
    const bare = letter.normalize('NFKD').replace(/\p{M}/gu, '');
    return [plain, bare].find((candidate) => Array.from(candidate).every((each) => GSM.has(each))) ?? '';
  })
    .join('')
    .replace(/ {2,}/g, ' ')
    .trim();

/** One SMS of several parts, the most important first: a part that would make it longer than `most` is left out. Says which parts are in it. */
export function toSmsText(parts: readonly string[], most: number): { text: string; said: boolean[] } {
  let text = '';
  const said = parts.map((part) => {
    const longer = toGsm(`${text} ${part}`);
    if (longer.length > most) return false;
    text = longer;
    return true;
  });
  return { text, said };
}
