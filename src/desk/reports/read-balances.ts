import { ACCOUNTS } from '#books/ledger/accounts.ts';
import { readTrialBalance } from '#books/ledger/balance.ts';
import { shillings } from '#ground/money/cents.ts';
import { ownShortcodes } from '#mpesa/float/own-shortcodes.ts';
import type { App } from '#mpesa/wiring/app.ts';

/**
 * What the books have now: on every account, and at M-PESA for each of our short codes, proved and told apart. `difference` is 0 where the books balance, and
 * `clearing` where nothing waits to be allocated. Read from checkpoints: it costs the same however long the history is.
 */
export async function readBalances({ db, config, clock }: Pick<App, 'db' | 'config' | 'clock'>) {
  const { paybillFloat, paybillTold } = ACCOUNTS;
  const { lines, differenceCents } = await readTrialBalance(db, [paybillFloat, paybillTold]);
  const balanceOf = new Map(lines.map(({ account, balanceCents }) => [account, balanceCents]));
  const held = (account: string) => balanceOf.get(account) ?? 0n;
  const codes = lines.flatMap(({ account, parent }) =>
    parent === paybillFloat || parent === paybillTold ? [account.split(':')[1] ?? ''] : [],
  );
  const shortcodes = [...new Set([...ownShortcodes(config), ...codes])].map((shortcode) => {
    const [proved, told] = [held(`${paybillFloat}:${shortcode}`), held(`${paybillTold}:${shortcode}`)];
    return { shortcode, proved: shillings(proved), told: shillings(told), together: shillings(proved + told) };
  });
  const accounts = lines
    .filter(({ parent }) => parent === null)
    .map(({ account, kind, name, balanceCents }) => ({ account, kind, name, balance: shillings(balanceCents) }));
  return { at: clock.now().toISOString(), difference: shillings(differenceCents), shortcodes, accounts };
}
