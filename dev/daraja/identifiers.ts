import { nairobiCheckoutTime, nairobiParts, nairobiTimestamp } from './nairobi-time.ts';
import { type RandomHolder, randomText } from './random.ts';

const HEX = '0123456789abcdef';
const DIGITS = '0123456789';
const CAPITALS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const TENTH_MS = 100;

/** A MerchantRequestID or requestId as given out since 2024: three groups of four hex digits, then twelve with digits glued on. */
export function createRequestId(random: RandomHolder): string {
  const group = (length: number) => randomText(random, HEX, length);
  return `${group(4)}-${group(4)}-${group(4)}-${group(12)}${randomText(random, DIGITS, 6)}`;
}

/** A CheckoutRequestID of 2026: Nairobi time to a tenth of a second, then the payer's nine digits. Taken ones are stepped over. */
export function createCheckoutRequestId(moment: Date, phone: string, taken: (id: string) => boolean): string {
  for (let at = moment.getTime(); ; at += TENTH_MS) {
    const id = `ws_CO_${nairobiCheckoutTime(new Date(at))}${phone.slice(-9)}`;
    if (!taken(id)) return id;
  }
}

/** A receipt: a letter for the year (U is 2026), one for the month (A to L), day 1-9 then A-V, and seven random characters. */
export function createReceipt(moment: Date, random: RandomHolder, taken: (receipt: string) => boolean): string {
  for (;;) {
    const receipt = dayPrefix(moment) + randomText(random, DIGITS + CAPITALS, 7);
    // Query-type results carry a placeholder of this form, so no payment may have it.
    if (!receipt.endsWith('0000000') && !taken(receipt)) return receipt;
  }
}

/** What stands in place of a receipt where a result moved no money. */
export const placeholderReceipt = (moment: Date): string => `${dayPrefix(moment)}0000000`;

function dayPrefix(moment: Date): string {
  const { year, month, day } = nairobiParts(moment);
  return `${CAPITALS[(year - 2006) % 26]}${CAPITALS[month - 1]}${`${DIGITS}${CAPITALS}`[day]}`;
}

/** A ConversationID of 2026: AG, the day in Nairobi and twenty characters. */
export const createConversationId = (moment: Date, random: RandomHolder): string =>
  `AG_${nairobiTimestamp(moment).slice(0, 8)}_${randomText(random, DIGITS + CAPITALS.toLowerCase(), 20)}`;

/** An access token: 28 characters. */
export const createAccessToken = (random: RandomHolder): string => randomText(random, DIGITS + CAPITALS + CAPITALS.toLowerCase(), 28);
