import { accountsOf, outletOf } from './accounts.ts';
import { toCents } from './book.ts';
import type { Network } from './network.ts';
import type { Entry, Transaction } from './state.ts';

/** A line of a statement with the movement that it belongs to. */
export type StatementLine = { entry: Entry; moved: Transaction };
/** The lines of one account in a period, oldest first, with the balance before and after. */
export type AccountStatement = {
  openingShillings: number;
  closingShillings: number;
  paidInShillings: number;
  withdrawnShillings: number;
  lines: StatementLine[];
};

/**
 * The lines of an account from one moment to before another. Balances that a test has set are no lines: they break the running
 * balance, as an edited file does.
 */
export function statementOf(network: Network, shortcode: string, account: Entry['account'], from: Date, until: Date): AccountStatement {
  const owner = outletOf(network, shortcode);
  const own = network.state.entries.filter((entry) => entry.shortcode === owner && entry.account === account);
  const within = own.filter(({ at }) => Date.parse(at) >= from.getTime() && Date.parse(at) < until.getTime());
  const before = own.findLast(({ at }) => Date.parse(at) < from.getTime());
  const openingShillings = before?.balanceShillings ?? startOf(network, owner, account, own);
  const movements = new Map(network.state.transactions.map((moved) => [moved.receipt, moved]));
  const lines = within.flatMap((entry) => {
    const moved = entry.kind === 'hidden' ? undefined : movements.get(entry.receipt);
    return moved ? [{ entry, moved }] : [];
  });
  const sumOf = (sign: 1 | -1) =>
    lines.reduce((sum, { entry }) => (Math.sign(entry.amountShillings) === sign ? toCents(sum + entry.amountShillings) : sum), 0);
  return {
    openingShillings,
    closingShillings: within.at(-1)?.balanceShillings ?? openingShillings,
    paidInShillings: sumOf(1),
    withdrawnShillings: sumOf(-1),
    lines,
  };
}

/** What an account held before its first line. */
function startOf(network: Network, owner: string, account: Entry['account'], [first]: Entry[]): number {
  if (first) return toCents(first.balanceShillings - first.amountShillings);
  const { workingShillings, utilityShillings, chargesShillings, settlementShillings } = accountsOf(network, owner);
  return { working: workingShillings, utility: utilityShillings, charges: chargesShillings, settlement: settlementShillings }[account];
}
