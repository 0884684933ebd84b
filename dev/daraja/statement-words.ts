import { receivingAccount } from './accounts.ts';
import { customerName } from './customer-name.ts';
import type { Network } from './network.ts';
import type { Entry, Transaction } from './state.ts';
import type { StatementLine } from './statement-lines.ts';

/** How a layout masks a customer's phone and writes the name. */
export type PartyForm = 'portal' | 'short';
/** The texts of a line; `account` is the reference, empty where there is none. */
export type LineWords = { details: string; reason: string; party: string; linked: string; account: string };

/** A person in the portal. */
export const OPERATOR = 'tester1';

/**
 * What a statement says of a line, in the words that were recorded. Not recorded, and guessed: a payout's details, a till's
 * reversal, a deposit from the bank.
 */
export function wordsOf(network: Network, { entry, moved }: StatementLine, form: PartyForm): LineWords {
  const none = { party: '', linked: '', account: '' };
  const { reason, charge } = reasonsOf(network, moved);
  if (entry.kind === 'charge') return { ...none, details: charge, reason, party: moved.till === null ? 'SP' : '' };
  const party = partyOf(moved, form);
  if (moved.kind === 'stk' || moved.kind === 'c2b' || moved.kind === 'organisation') return receivedWords(moved, reason, party);
  if (moved.kind === 'b2c') return { ...none, details: `${reason} to ${party}`, reason, party };
  if (moved.kind === 'reversal') return reversalWords(network, moved, reason, party);
  return { ...none, details: reason, reason, party };
}

/** Sweeps name their account; charges bear the reason of their payment. */
function reasonsOf(network: Network, { kind, till, byHand, shortcode }: Transaction): { reason: string; charge: string } {
  const atTill = { reason: 'Pay Merchant', charge: 'Pay merchant Charge' };
  const words = {
    stk: till === null ? { reason: 'Pay Bill Online', charge: 'Pay Bill Charge' } : atTill,
    c2b: till === null ? { reason: 'Pay Utility', charge: 'Pay Bill Charge' } : atTill,
    organisation: { reason: 'Organization To Organization Transfer', charge: '' },
    b2c: { reason: `Business Payment to Customer via ${byHand ? 'Web' : 'API'}`, charge: 'Business Payment Charge' },
    reversal: { reason: till === null ? 'Pay Utility Reversal' : 'Pay Merchant Reversal', charge: '' },
    'top-up': { reason: 'Deposit of Funds from Bank', charge: '' },
    sweep: { reason: `${receivingAccount(network, shortcode)} to Organization Settlement Account`, charge: '' },
    withdrawal: { reason: 'Agency Withdrawal of funds to Bank', charge: '' },
  } satisfies Record<Transaction['kind'], { reason: string; charge: string }>;
  return words[kind];
}

function receivedWords(moved: Transaction, reason: string, party: string): LineWords {
  const account = moved.till === null ? moved.accountReference : '';
  const verbs = { stk: 'Pay Bill Online', c2b: 'Pay Bill', organisation: reason } as Record<Transaction['kind'], string>;
  const verb = moved.till !== null && !moved.organisation ? 'Merchant Payment' : verbs[moved.kind];
  return { details: `${verb} from ${party}${moved.till === null ? ` Acc. ${account}` : ''}`, reason, party, linked: '', account };
}

function reversalWords({ merchant, state }: Network, moved: Transaction, reason: string, party: string): LineWords {
  const original = state.transactions.find(({ receipt }) => receipt === moved.reverses);
  const by = `${merchant.businessName}${moved.byHand ? `\\${OPERATOR}` : ''}`;
  const account = moved.till === null ? (original?.accountReference ?? '') : '';
  return { details: `${reason} by ${by}`, reason, party, linked: moved.reverses ?? '', account };
}

/** "25472****108 - AMINA **** WAFULA", or with the phone written 07... for some: never a whole number. */
function partyOf({ organisation, phone }: Transaction, form: PartyForm): string {
  if (organisation) return `${organisation.shortcode} - ${organisation.name}`;
  if (phone === '') return '';
  const { first, middle, last } = customerName(phone);
  const tail = phone.slice(-3);
  const local = /[014]$/.test(phone);
  const masked = {
    portal: local ? `0${phone.slice(3, 5)}****${tail}` : `${phone.slice(0, 5)}****${tail}`,
    short: local ? `0${phone.slice(3, 4)}****${tail}` : `${phone.slice(0, 4)}****${tail}`,
  }[form];
  return `${masked} - ${`${first} ${form === 'portal' ? '****' : middle} ${last}`.toUpperCase()}`;
}

/** The name of an account as statements head it. */
export const accountName = (network: Network, shortcode: string, account: Entry['account']): string =>
  ({
    working: 'Working Account',
    utility: receivingAccount(network, shortcode),
    charges: 'Charges Paid Account',
    settlement: 'Organization Settlement Account',
  })[account];
