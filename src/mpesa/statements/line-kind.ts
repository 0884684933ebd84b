import { accountName } from './read-preamble.ts';
import type { LineKind } from './statement.ts';

const BETWEEN_ACCOUNTS = /^(.+? account) to (.+? account)$/i;
const OWN_MONEY_LEAVES = /^(agency withdrawal|real time)\b/i;
/** Whether our books count an account as float: payments come to one such account, and payouts leave from another. */
const isFloat = (account: string) => /\b(utility|merchant|working)$/.test(accountName(account));

/** M-PESA's own words at the beginning of a line's details, without the party and the reference after them, which other people chose. */
const verbOf = (details: string): string =>
  details
    .replace(/\s+/g, ' ')
    .replace(/ from .*$/i, '')
    .replace(/ by .*$/i, '')
    .replace(/ to [\d+*].*$/, '')
    .replace(/ Acc\..*$/, '')
    .trim();

/**
 * What a line is, by M-PESA's words alone: by its details, and by its type where it has none. `account` is the line's account where the file names it. Where it does
 * not, money that leaves for the bank came out of the settlement account, and its way into that account has lines of its own.
 */
export function lineKind(line: {
  details: string;
  reason: string;
  direction: 'in' | 'out';
  linkedReceipt: string | undefined;
  account: string | undefined;
}): LineKind {
  const verb = verbOf(line.details === '' ? line.reason : line.details);
  const [, from, to] = BETWEEN_ACCOUNTS.exec(verb) ?? [];
  if (/\breversal\b|\breversed\b/i.test(verb)) return 'reversal';
  if (/\bcharges?\b/i.test(verb)) return 'charge';
  if (from && to) return betweenOwn(isFloat(from), isFloat(to), line.direction);
  if (OWN_MONEY_LEAVES.test(verb)) return line.direction === 'out' && line.account !== undefined ? 'sweep' : 'internal';
  if (/^organi[sz]ation settlement/i.test(verb)) return 'internal';
  if (line.linkedReceipt !== undefined) return 'reversal';
  if (/^organi[sz]ation to organi[sz]ation transfer/i.test(verb)) return 'organisation';
  if (line.direction === 'out') return /^(business|salary|promotion) payment\b/i.test(verb) ? 'payout' : 'unknown';
  if (
    /^(small business pay ?bill|merchant pay utility received|business pay ?bill|business buy ?goods|fsi to pay ?bill|fsi to merchant)\b/i.test(
      verb,
    )
  )
    return 'organisation';
  return /^(standing order )?pay ?bill( online)?$|^pay utility\b|^(customer )?merchant payment$|^pay merchant$/i.test(verb)
    ? 'payment'
    : 'unknown';
}

/** A move between two accounts of the organisation. The statement lists each leg; only the float's leg counts. */
function betweenOwn(leavesFloat: boolean, reachesFloat: boolean, direction: 'in' | 'out'): LineKind {
  if (leavesFloat === reachesFloat) return 'internal';
  if (leavesFloat) return direction === 'out' ? 'sweep' : 'internal';
  return direction === 'in' ? 'top_up' : 'internal';
}

/** The account that a line of a file about several accounts belongs to, as far as its words show it. */
export function accountOf(details: string, reason: string, direction: 'in' | 'out'): string | undefined {
  const verb = verbOf(details === '' ? reason : details);
  const [, from, to] = BETWEEN_ACCOUNTS.exec(verb) ?? [];
  if (from && to) return accountName(direction === 'out' ? from : to);
  if (/pay ?bill|pay utility/i.test(verb)) return 'utility';
  return /merchant/i.test(verb) ? 'merchant' : undefined;
}
