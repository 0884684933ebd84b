import { accountsOf, outletOf } from './accounts.ts';
import type { Network } from './network.ts';
import type { Accounts, Entry } from './state.ts';

/** The field that keeps each account's balance. */
const BALANCES: Record<Entry['account'], keyof Accounts> = {
  working: 'workingShillings',
  utility: 'utilityShillings',
  charges: 'chargesShillings',
  settlement: 'settlementShillings',
};

/** Sums of shillings with two decimals, without the dust of binary fractions. */
export const toCents = (shillings: number): number => Math.round(shillings * 100) / 100;

/** Changes an account by a line of its statement. Nothing else changes one. */
export function book(network: Network, line: Omit<Entry, 'at' | 'balanceShillings'>): void {
  const shortcode = outletOf(network, line.shortcode);
  const accounts = accountsOf(network, shortcode);
  const balance = BALANCES[line.account];
  accounts[balance] = toCents(accounts[balance] + line.amountShillings);
  const at = network.clock.now().toISOString();
  network.state.entries.push({ ...line, shortcode, at, balanceShillings: accounts[balance] });
}

/** Sets a balance, for tests: the difference is a line that no statement shows. */
export function setBalanceOf(network: Network, shortcode: string, account: Entry['account'], shillings: number): void {
  const difference = toCents(shillings - accountsOf(network, shortcode)[BALANCES[account]]);
  if (difference !== 0) book(network, { shortcode, account, kind: 'hidden', receipt: '', amountShillings: difference });
}
