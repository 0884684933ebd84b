/** The GSM 7-bit alphabet without the characters that take two places: one character outside it makes every SMS twice as expensive. */
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

const ONE_SMS = 160;
const JOINED_SMS = 153; // seven places are taken by the header that numbers the parts

export const TWO_SMS = 2 * JOINED_SMS;

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

/** How many SMS a text in the GSM alphabet is sent and paid as. */
const countSms = ({ length }: string): number => (length <= ONE_SMS ? 1 : Math.ceil(length / JOINED_SMS));

/** The text with an ending, if that needs no further SMS. */
export function addWhereFree(text: string, ending: string): string {
  const longer = toGsm(`${text} ${ending}`);
  return countSms(longer) === countSms(text) ? longer : text;
}
