import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { decrypted, decryptedIfCan, readRows } from '#ground/db/rows.ts';
import type { Reader } from '#ground/db/types.ts';
import { allIds, type Found, type Subject, THINGS, type Thing, texts, uuids } from './holding.ts';

/**
 * The ids of all that is about a person, each thing by those before it. Some of it is found by reading whole tables: this is done a few times in a year, and an index for
 * it would be written with each payment.
 */
export async function gatherThings(db: Reader, subject: Subject): Promise<Found> {
  const found: Found = { ...subject, ids: Object.fromEntries(THINGS.map((thing) => [thing, []])) as unknown as Found['ids'], receipts: [] };
  const keep = async (thing: Thing, statement: SQL) => {
    const rows = await readRows(db, z.object({ id: z.uuid() }), statement);
    found.ids[thing] = rows.map(({ id }) => id);
  };
  const { ids } = found;
  const hashes = texts(subject.phoneHashes);
  await keep('accounts', sql`select id from member_accounts where member_id = ${subject.memberId}::uuid`);
  await keep('loans', sql`select id from loans where member_id = ${subject.memberId}::uuid`);
  await keep('repayments', sql`select id from repayments where loan_id = ${uuids(ids.loans)}`);
  await keep('waivers', sql`select id from waivers where loan_id = ${uuids(ids.loans)}`);
  await keep('payments', sql`select id from payments where phone_hash = ${hashes}`);
  await keepEmails(db, found);
  await keep('ownAttempts', sql`select id from attempts where phone_hash = ${hashes}`);
  await keep('attempts', sql`select id from attempts where phone_hash = ${hashes} or payment_id = ${uuids(ids.payments)}`);
  await keep(
    'deposits',
    sql`
    select d.id from deposits d where d.payer_hash = ${hashes} or d.payment_id = ${uuids(ids.payments)}
      or d.attempt_id in (select a.id from attempts a where a.id = ${uuids(ids.attempts)})
      or d.id in (select r.deposit_id from repayments r where r.id = ${uuids(ids.repayments)})
      or d.id::text in (select t.source_id from transfers t where t.credit_account = ${texts(ids.accounts.map((id) => `savings:${id}`))})`,
  );
  const tails = texts(subject.phones.map((phone) => phone.slice(-3)));
  await keep(
    'ownDeposits',
    sql`
    select d.id from deposits d where d.id = ${uuids(ids.deposits)} and (d.payer_hash = ${hashes}
      or d.payer_hash is null and (d.attempt_id = ${uuids(ids.ownAttempts)} or d.attempt_id is null and d.payment_id = ${uuids(ids.payments)} and (d.payer_tail is null or d.payer_tail = ${tails})))`,
  );
  await keep(
    'payouts',
    sql`
    select o.id from payouts o where o.phone_hash = ${hashes} or o.payment_id = ${uuids(ids.payments)} or o.deposit_id = ${uuids(ids.deposits)}
      or o.subject_id = ${uuids([...ids.loans, ...ids.deposits, ...ids.payments])}`,
  );
  await keep(
    'ownPayouts',
    sql`
    select o.id from payouts o where o.id = ${uuids(ids.payouts)}
      and (o.phone_hash = ${hashes} or o.phone_hash is null and (o.deposit_id = ${uuids(ids.ownDeposits)} or o.subject_id = ${uuids(ids.ownDeposits)}))`,
  );
  await keep('withdrawals', sql`select id from withdrawals where payout_id = ${uuids(ids.payouts)}`);
  await keep('ownWithdrawals', sql`select id from withdrawals where payout_id = ${uuids(ids.ownPayouts)}`);
  await keep('invoices', sql`select id from invoices where payment_id = ${uuids(ids.payments)}`);
  await keep('bookings', sql`select id from bookings where id = ${uuids(ids.payments)} or provider_phone_hash = ${hashes}`);
  const receipts = await readRows(
    db,
    z.object({ receipt: z.string() }),
    sql`
    select receipt from deposits where id = ${uuids(ids.ownDeposits)} and receipt is not null
    union select receipt from withdrawals where id = ${uuids(ids.ownWithdrawals)} and receipt is not null
    union select receipt from attempts where id = ${uuids(ids.ownAttempts)} and receipt is not null`,
  );
  found.receipts = receipts.map(({ receipt }) => receipt);
  await keep('inquiries', sql`select id from inquiries where receipt = ${texts(found.receipts)}`);
  const recorded = await readRows(
    db,
    z.object({ id: z.uuid(), payerPhone: decryptedIfCan('payer_phone').nullable(), isTheirs: z.boolean() }),
    sql`
    select r.id, r.payer_phone, coalesce(r.receipt = ${texts(found.receipts)} or r.deposit_id = ${uuids(ids.ownDeposits)}, false) as is_theirs from recorded_receipts r`,
  );
  ids.recorded = recorded.filter(({ isTheirs, payerPhone }) => isTheirs || subject.phones.includes(payerPhone ?? '')).map(({ id }) => id);
  ids.unplaced = await findUnplaced(db, subject.phones);
  await keep('reviews', sql`select id from reviews where subject = ${texts(allIds(found))}`);
  return found;
}

const Address = z.object({ email: decrypted('email'), emailHash: z.string().nullable(), isTheirsAlone: z.boolean() });

/** Adds the e-mail addresses that they gave with payments; as a hash only one that nobody else gave, so that another's choices stay. */
async function keepEmails(db: Reader, found: Found): Promise<void> {
  const hashes = texts(found.phoneHashes);
  const given = await readRows(
    db,
    Address,
    sql`
    select p.email, p.email_hash, not exists (select from payments o where o.email_hash = p.email_hash and o.phone_hash <> ${sql`all(${sql.param(found.phoneHashes)}::text[])`}) as is_theirs_alone
    from payments p where p.phone_hash = ${hashes} and p.email is not null`,
  );
  const alone = given.flatMap(({ emailHash, isTheirsAlone }) => (isTheirsAlone && emailHash !== null ? [emailHash] : []));
  found.emails = [...new Set([...found.emails, ...given.map(({ email }) => email)])];
  found.emailHashes = [...new Set([...found.emailHashes, ...alone])];
}

const Unplaced = z.object({ id: z.uuid(), body: decryptedIfCan('body') });

const AT_A_TIME = 500;

/** Words of Safaricom that are about nothing of ours, and name one of these phones. */
async function findUnplaced(db: Reader, phones: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  if (phones.length === 0) return found;
  for (let last = '00000000-0000-0000-0000-000000000000'; ; ) {
    const rows = await readRows(
      db,
      Unplaced,
      sql`select id, body from evidence where subject_id is null and id > ${last}::uuid order by id limit ${AT_A_TIME}`,
    );
    found.push(...rows.filter(({ body }) => phones.some((phone) => body?.includes(phone))).map(({ id }) => id));
    if (rows.length < AT_A_TIME) return found;
    last = rows.at(-1)?.id ?? last;
  }
}
