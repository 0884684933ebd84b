import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAccountBalanceResult } from '../../src/daraja/parse-account-balance-result.ts';
import { parseTransactionStatusResult } from '../../src/daraja/parse-transaction-status-result.ts';
import { connect } from '../../src/db/client.ts';
import { decrypt } from '../../src/db/encryption.ts';
import type { Db } from '../../src/db/types.ts';
import { settleBalanceResult } from '../../src/inquiries/settle-balance-result.ts';
import { settleInquiryTimeout } from '../../src/inquiries/settle-inquiry-timeout.ts';
import { settleStatusResult } from '../../src/inquiries/settle-status-result.ts';
import { scaled } from '../world/counts.ts';
import { type FreshDatabase, freshDatabase } from '../world/database.ts';
import { startWorld, type World } from '../world/world.ts';
import { balanceSql, statusSql, timeoutSql } from './built-statements.ts';

const LOW = 500_000n;
const PAYING = '174379';
const START = Date.parse('2026-11-21T09:00:00Z');

let world: World;
let old: FreshDatabase;
let oldDb: Db;
beforeAll(async () => {
  world = await startWorld({ environment: { LOW_FLOAT_SHILLINGS: '5000' } });
  old = await freshDatabase();
  oldDb = connect(old.url);
});
afterAll(async () => {
  await oldDb.close();
  await Promise.all([old.drop(), world.stop()]);
});

const KINDS = ['transaction-status', 'account-balance'] as const;
const idOf = (n: number) => `01930000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const conversation = fc.constantFrom(null, null, 'AG_1', 'AG_1', 'AG_2', 'AG_3');
const receipt = fc.constantFrom('UKL7XYZ123', 'UKL7XYZ124');
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 3 });

const question = fc.record({
  kind: fc.constantFrom(...KINDS),
  state: fc.constantFrom('asked', 'timed_out', 'refused'),
  receipt: fc.option(receipt),
  conversation,
  minute: fc.nat(9),
  shortcode: fc.constantFrom(PAYING, PAYING, '600981'),
});

const party = fc.constantFrom('254700000001 - TEST CUSTOMER', '600981 - TEST ORG', '174379 - SHOP', 'nonsense');
const account = fc.record({
  name: fc.constantFrom('Utility Account', 'Working Account', 'Charges Paid Account'),
  amount: fc.constantFrom('4999.00', '4999.00', '5000.00', '20000.00', '-1.00', '1e9'),
});
const told = fc.record({
  subject: fc.constantFrom(0, 0, 0, 1, 1, 2, 3, 4), // the last one is nobody's
  code: fc.constantFrom(undefined, '0', '0', '0', '2001', 1),
  conversation: maybe(conversation),
  timeout: fc.constantFrom(false, false, false, true),
  status: fc.constantFrom('Completed', 'Completed', 'Declined', 'Reversed', 'Initiated', 'Odd'),
  receipt: maybe(receipt),
  amount: maybe(fc.constantFrom('10.00', '20.00')),
  debit: maybe(party),
  credit: maybe(party),
  accounts: fc.uniqueArray(account, { selector: ({ name }) => name, minLength: 1, maxLength: 2 }),
  again: fc.constantFrom(false, false, true),
});
type Told = typeof told extends fc.Arbitrary<infer T> ? T : never;

function bodyOf(kind: (typeof KINDS)[number], each: Told): string {
  const amounts = ({ name, amount }: { name: string; amount: string }) => `${name}|KES|${amount}|${amount}|0.00|0.00`;
  const pairs =
    kind === 'account-balance'
      ? { AccountBalance: each.accounts.map(amounts).join('&'), BOCompletedTime: '20261121125710' }
      : {
          ...{ TransactionStatus: each.status, ReceiptNo: each.receipt, Amount: each.amount, DebitPartyName: each.debit },
          ...{ CreditPartyName: each.credit, FinalisedTime: '20261121115900', ReasonType: 'Pay Bill Online' },
        };
  const ResultParameter = Object.entries(pairs).flatMap(([Key, Value]) => (Value === undefined ? [] : [{ Key, Value }]));
  const ids = { OriginatorConversationID: 'one', ConversationID: each.conversation, TransactionID: 'UKL0000000' };
  return JSON.stringify({
    Result: { ResultType: 0, ResultCode: each.code, ResultDesc: 'x', ...ids, ResultParameters: { ResultParameter } },
  });
}

async function seed({ sql }: FreshDatabase, questions: (typeof question extends fc.Arbitrary<infer T> ? T : never)[]): Promise<void> {
  await sql('truncate inquiries, float_balances, evidence, reviews, outbox cascade');
  for (const [n, { kind, state, receipt: asked, conversation: known, minute, shortcode }] of questions.entries())
    await sql(
      `insert into inquiries (id, kind, state, asked_by, asked_at, shortcode, receipt, conversation_id) values ($1, $2, $3, 'key:one', $4, $5, $6, $7)`,
      [idOf(n), kind, state, new Date(START + minute * 60_000), shortcode, kind === 'account-balance' ? null : asked, known],
    );
  await sql(
    `insert into reviews (id, kind, subject, opened_at) values (gen_random_uuid(), 'low_float', '174379', now()), (gen_random_uuid(), 'balance_unknown', '600981', now())`,
  );
}

const open = (value: unknown, column: string) => (typeof value === 'string' ? decrypt(value, column) : value);

/** All that such a statement may write, without the ids that each draws, in the clear. */
async function rowsOf({ sql }: FreshDatabase) {
  const questions = await sql('select * from inquiries order by id');
  const words = await sql(
    'select subject_id, source, body_hash, body, verdict, received_at from evidence order by subject_id, source, body_hash',
  );
  return {
    inquiries: questions.map((row) => ({
      ...row,
      debit_party: open(row.debit_party, 'debit_party'),
      credit_party: open(row.credit_party, 'credit_party'),
    })),
    evidence: words.map((row) => ({ ...row, body: open(row.body, 'body') })),
    balances: await sql(
      'select inquiry_id, account, currency, current_cents, available_cents, reserved_cents, uncleared_cents, told_at from float_balances order by inquiry_id, account',
    ),
    tasks: await sql(
      `select kind, subject, case when closed_at is null then opened_at > '2026-11-21' end as opened, closed_at, closed_by, note from reviews order by kind, subject, opened_at`,
    ),
    alerts: await sql(
      `select r.kind, r.subject, o.message - 'reviewId' as message, o.due_at from outbox o join reviews r on 'alert:' || r.id = o.dedupe_key order by 1, 2, 4`,
    ),
  };
}

test('the functions decide and write what the built statements did, whatever is told in whatever order', async () => {
  const [booked] = [
    `select book_1('opening', '01930000-0000-7000-8000-00000000000f', 1, own_account_1('paybill_float', '${PAYING}'), 'clearing', 12300, now())`,
  ];
  for (const { sql } of [old, world.database]) await sql(booked as string);
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(
      fc.array(question, { minLength: 4, maxLength: 4 }),
      fc.array(told, { minLength: 6, maxLength: 12 }),
      async (questions, tells) => {
        await Promise.all([seed(old, questions), seed(world.database, questions)]);
        let before = '';
        for (const [n, each] of tells.entries()) {
          const id = idOf(each.subject);
          const kind = questions[each.subject]?.kind ?? 'account-balance';
          const now = new Date(START + 3_600_000 + n * 1_000);
          const body = each.again && before ? before : bodyOf(kind, each);
          before = body;
          const core = { ...world.app, clock: { now: () => now } };
          const built = each.timeout
            ? timeoutSql(kind, id, body, now)
            : kind === 'account-balance'
              ? balanceSql({ now, lowFloatCents: LOW, paying: PAYING }, id, body, parseAccountBalanceResult(body))
              : statusSql(id, body, parseTransactionStatusResult(body), now);
          const [expected] = (await oldDb.execute(built)).rows as { verdict: string; askedBy?: string | null }[];
          const settled: { verdict: string; askedBy?: string | null } = each.timeout
            ? await settleInquiryTimeout(kind)(core, id, body)
            : kind === 'account-balance'
              ? await settleBalanceResult(core, id, body)
              : await settleStatusResult(core, id, body);
          expect({ verdict: settled.verdict, askedBy: settled.askedBy }).toEqual({
            verdict: expected?.verdict,
            askedBy: expected?.askedBy,
          });
          const what = `${kind} ${settled.verdict}`;
          seen.set(what, (seen.get(what) ?? 0) + 1);
        }
        expect(await rowsOf(world.database)).toEqual(await rowsOf(old));
      },
    ),
    { numRuns: scaled(150) },
  );
  expect([...seen.keys()].sort()).toEqual([
    ...['answers', 'contradicts', 'known', 'no_inquiry', 'other_conversation', 'unclear'].map((verdict) => `account-balance ${verdict}`),
    ...['answers', 'contradicts', 'known', 'other_conversation', 'other_transaction', 'unclear'].map(
      (verdict) => `transaction-status ${verdict}`,
    ),
  ]);
});
