import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { listInput, pageStatements, takePage } from '#ground/db/page.ts';
import { pick } from '#ground/db/pick.ts';
import { bigintText, inOneBatch, instant, rowsOf } from '#ground/db/rows.ts';
import { shillings } from '#ground/money/cents.ts';
import type { App } from '../wiring/app.ts';
import { explainResult } from './explain-result.ts';
import { sumHeld } from './find-paying-account.ts';
import { inquiries } from './inquiries.schema.ts';

/** A page of the history, newest first; `before` is the cursor. */
export const ReadBalancesInput = listInput({ before: z.uuid().optional() }, 500, 24);

const Account = z.object({
  shortcode: z.string(),
  account: z.string(),
  currency: z.string(),
  currentCents: bigintText,
  availableCents: bigintText,
  reservedCents: bigintText.nullable(),
  unclearedCents: bigintText.nullable(),
  toldAt: instant,
});
const Told = z.object({ inquiryId: z.uuid(), shortcode: z.string(), ledgerCents: bigintText, toldAt: instant, accounts: z.array(Account) });
const ASKED = pick(inquiries, 'i', ['state', 'askedAt', 'resultCode', 'refusal']);
const LastAsked = z.object({ inquiryId: z.uuid(), ...ASKED.row.shape });

/**
 * The balances of the newest answer for each short code with their time, the last inquiry, and the history in keyset pages, each with how Safaricom's total compares
 * with our ledger's float at that moment. Amounts are shillings. One round trip.
 */
export async function readBalances({ db }: Pick<App, 'db'>, input: z.output<typeof ReadBalancesInput>) {
  const { before } = input;
  const all = sql`from inquiries i where i.kind = 'account-balance' and i.says = 'done'`;
  const history = sql`
      select i.id as inquiry_id, i.shortcode, i.ledger_cents, i.answered_at as told_at,
        (select jsonb_agg(jsonb_build_object('shortcode', i.shortcode, 'account', b.account, 'currency', b.currency, 'currentCents', b.current_cents::text, 'availableCents', b.available_cents::text,
          'reservedCents', b.reserved_cents::text, 'unclearedCents', b.uncleared_cents::text, 'toldAt', b.told_at) order by b.account)
        from float_balances b where b.inquiry_id = i.id) as accounts
      ${all} and (${before ?? null}::uuid is null or i.id < ${before ?? null}::uuid)
      order by i.id desc`;
  const [latest, asked, ...told] = await inOneBatch(db, [
    sql`
      with recursive codes as (
        select min(shortcode) as shortcode from inquiries where state = 'answered' and says = 'done' and kind = 'account-balance'
        union all
        select (select min(i.shortcode) from inquiries i where i.state = 'answered' and i.says = 'done' and i.kind = 'account-balance' and i.shortcode > codes.shortcode)
        from codes where codes.shortcode is not null
      )
      select codes.shortcode, b.account, b.currency, b.current_cents, b.available_cents, b.reserved_cents, b.uncleared_cents, b.told_at from codes
      cross join lateral (
        select id from inquiries i where i.state = 'answered' and i.says = 'done' and i.kind = 'account-balance' and i.shortcode = codes.shortcode
        order by i.asked_at desc, i.id desc limit 1
      ) i join float_balances b on b.inquiry_id = i.id
      order by b.account, codes.shortcode`,
    sql`
      select i.id as inquiry_id, ${ASKED.list} from inquiries i where i.kind = 'account-balance' order by i.asked_at desc, i.id desc limit 1`,
    ...pageStatements(input, history, all),
  ]);
  const { rows, hasMore, totals } = takePage(Told, input, told);
  const [last] = rowsOf(LastAsked, asked?.rows);
  return {
    accounts: rowsOf(Account, latest?.rows).map(presentAccount),
    lastAsked: last ? { ...last, ...explainResult(last) } : null,
    history: rows.map(({ accounts, ledgerCents, ...row }) => ({
      ...row,
      comparison: compare(sumHeld(accounts), ledgerCents),
      accounts: accounts.map(presentAccount),
    })),
    nextBefore: hasMore ? (rows.at(-1)?.inquiryId ?? null) : null,
    ...totals,
  };
}

/** A difference is information, not an alarm: a paybill may have other users, withdrawals to the bank, and charges. */
const compare = (heldCents: bigint, ledgerCents: bigint) => ({
  safaricom: shillings(heldCents),
  ledger: shillings(ledgerCents),
  difference: shillings(heldCents - ledgerCents),
});

const presentAccount = ({ shortcode, account, currency, toldAt, ...cents }: z.output<typeof Account>) => ({
  shortcode,
  account,
  currency,
  current: shillings(cents.currentCents),
  available: shillings(cents.availableCents),
  reserved: cents.reservedCents === null ? null : shillings(cents.reservedCents),
  uncleared: cents.unclearedCents === null ? null : shillings(cents.unclearedCents),
  toldAt: toldAt.toISOString(),
});
