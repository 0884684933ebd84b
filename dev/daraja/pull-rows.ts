import { accountsOf } from './accounts.ts';
import { customerName } from './customer-name.ts';
import { isCustomers } from './move-money.ts';
import type { Network } from './network.ts';
import { nextRandom, randomFor } from './random.ts';
import type { Transaction } from './state.ts';

const KEPT_MS = 48 * 3_600_000;
const NAIROBI_OFFSET_MS = 3 * 3_600_000;
/** Keeps the draws for late rows apart from those for prompts and requests. */
const LATE_ROWS_FROM = 2_000_000;

/**
 * What customers paid to a short code in a period, oldest first, as far as pull knows it now: it forgets after 48 hours, and learns of some payments late. A
 * late row comes between rows that earlier answers had.
 */
export function pullRows(network: Network, shortcode: string, from: Date, until: Date): Transaction[] {
  const { clock, state, arranged } = network;
  const now = clock.now().getTime();
  const whole = arranged.switches.pullScope === 'organisation' && shortcode === network.merchant.shortcode;
  return state.transactions.filter((paid, index) => {
    const at = Date.parse(paid.at);
    if (!isCustomers(paid) || at < Math.max(from.getTime(), now - KEPT_MS) || at > until.getTime()) return false;
    if (!whole && accountsOf(network, paid.shortcode) !== accountsOf(network, shortcode)) return false;
    return at + lateMs(network, index) <= now;
  });
}

function lateMs({ state, arranged }: Network, index: number): number {
  const { pullLateMs, pullLateShare } = arranged.switches;
  return nextRandom(randomFor(state.seed, LATE_ROWS_FROM + index)) < pullLateShare ? pullLateMs : 0;
}

/** A payment as a row of pull. A till's has no reference. */
export function pullRow(network: Network, { receipt, at, phone, accountReference, amountShillings, till }: Transaction) {
  const { pullPhone, pullSender, pullAmount } = network.arranged.switches;
  return {
    transactionId: receipt,
    trxDate: trxDate(network, receipt, new Date(at)),
    msisdn: pullPhone === 'number' ? Number(phone) : `${phone.slice(0, 4)} ***** ${phone.slice(-3)}`,
    sender: pullSender === 'name' ? customerName(phone).first.toUpperCase() : 'MPESA',
    transactiontype: till === null ? 'c2b-pay-bill-debit' : 'c2b-buy-goods-debit',
    billreference: till === null ? accountReference : '',
    amount: amountShillings.toFixed(pullAmount === '350.00' ? 2 : 1),
    organizationname: network.merchant.businessName,
  };
}

/** The time zone in trxDate is said to be wrong at times: `mixed` writes rows of one answer in all four ways. */
function trxDate({ arranged }: Network, receipt: string, at: Date): string {
  const forms = ['utc', 'nairobi-as-utc', 'offset', 'utc-as-offset'] as const;
  const { pullTime } = arranged.switches;
  const form = pullTime === 'mixed' ? forms[(receipt.codePointAt(9) ?? 0) % forms.length] : pullTime;
  const utc = at.toISOString().slice(0, 19);
  const nairobi = new Date(at.getTime() + NAIROBI_OFFSET_MS).toISOString().slice(0, 19);
  if (form === 'nairobi-as-utc') return `${nairobi}Z`;
  if (form === 'offset') return `${nairobi}+03:00`;
  return form === 'utc-as-offset' ? `${utc}+03:00` : `${utc}Z`;
}
