import { countSms, GSM, JOINED_SMS } from '#ground/notify/count-sms.ts';

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

/** The text with an ending, if that needs no further SMS. */
export function addWhereFree(text: string, ending: string): string {
  const longer = toGsm(`${text} ${ending}`);
  return countSms(longer) === countSms(text) ? longer : text;
}
