import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { listInput, readPage } from '#ground/db/page.ts';
import { bigintText, decrypted, instant, listOf } from '#ground/db/rows.ts';
import { shillings } from '#ground/money/cents.ts';
import type { App } from '#mpesa/wiring/app.ts';

/** Waivers that wait for a decision, or decided ones; `before` is the cursor. */
export const ListWaiversInput = listInput(
  {
    state: z.enum(['requested', 'approved', 'declined']).default('requested'),
    before: z.uuid().optional(),
  },
  100,
);

const Waiver = z.object({
  ...{ period: z.number(), amountCents: bigintText, reason: decrypted('reason'), state: z.string() },
  ...{ requestedBy: z.string(), requestedAt: instant, decidedBy: z.string().nullable(), decidedAt: instant.nullable() },
});

const Row = z.object({
  ...{ waiverId: z.uuid(), loanId: z.uuid(), reference: z.string(), instalment: z.number() },
  ...{ ...Waiver.shape, chargedOn: z.string().nullable(), penaltyCents: bigintText.nullable() },
});

/** Waivers in one state, each with its penalty, newest first, in keyset pages. One round trip. */
export async function listWaivers({ db }: Pick<App, 'db'>, input: z.output<typeof ListWaiversInput>) {
  const { state, before } = input;
  const { rows, hasMore, totals } = await readPage(db, Row, input, {
    list: sql`
    select w.id as waiver_id, l.id as loan_id, l.reference, w.number as instalment, ${listOf('w', Waiver)}, p.charged_on::text, p.amount_cents as penalty_cents
    from waivers w join loans l on l.id = w.loan_id left join penalties p on p.loan_id = w.loan_id and p.number = w.number and p.period = w.period
    where w.state = ${state} and (${before ?? null}::uuid is null or w.id < ${before ?? null}::uuid)
    order by w.id desc`,
    all: sql`from waivers w where w.state = ${state}`,
  });
  const waivers = rows.map(({ amountCents, penaltyCents, ...row }) => ({
    ...row,
    amount: shillings(amountCents),
    penalty: penaltyCents === null ? null : shillings(penaltyCents),
  }));
  return { waivers, nextBefore: hasMore ? (rows.at(-1)?.waiverId ?? null) : null, ...totals };
}
