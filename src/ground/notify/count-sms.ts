/** The GSM 7-bit alphabet without the characters that take two places: one character outside it makes every SMS twice as expensive. */
export const GSM: ReadonlySet<string> = new Set(
  '@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
const TWO_PLACES = new Set('^{}\\[~]|€');

const ONE_SMS = 160;
/** Seven places of each are taken by the header that numbers the parts. */
export const JOINED_SMS = 153;
const [ONE_WIDE_SMS, JOINED_WIDE_SMS] = [70, 67];

/** How many SMS a text is sent and paid as. */
export function countSms(text: string): number {
  const letters = Array.from(text);
  const places = letters.reduce((sum, letter) => sum + (TWO_PLACES.has(letter) ? 2 : 1), 0);
  if (letters.every((letter) => GSM.has(letter) || TWO_PLACES.has(letter) || letter === '\n'))
    return places <= ONE_SMS ? 1 : Math.ceil(places / JOINED_SMS);
  return text.length <= ONE_WIDE_SMS ? 1 : Math.ceil(text.length / JOINED_WIDE_SMS);
}
