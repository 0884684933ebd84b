import { randomBytes, randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { migrate } from '#ground/db/migrate.ts';

/* A session of the last release, whose plans are kept, goes on over the migration to 0039: payments and payouts have new columns and other triggers. */

const postgres = (database: string) => `postgres://postgres@127.0.0.1:${inject('postgresPort')}/${database}`;
const earlier = mkdtempSync(path.join(tmpdir(), 'malipo-0037-'));
const name = `malipo_${randomBytes(6).toString('hex')}`;
const url = `postgres://postgres@127.0.0.1:${inject('neonPort')}/${name}`;
const limits = JSON.stringify({
  promptsPerPhone: [{ most: 1000, minutes: 60 }],
  promptsPerNetwork: [{ most: 1000, minutes: 60 }],
  promptsPerDay: 100000,
  minCents: '100',
  maxCents: '25000000',
});
let admin: pg.Client;
let db: pg.Client;
let n = 0;

beforeAll(async () => {
  cpSync('drizzle', earlier, { recursive: true });
  for (const each of ['fill', 'concurrently']) rmSync(path.join(earlier, each), { recursive: true });
  const file = path.join(earlier, 'meta/_journal.json');
  const journal = JSON.parse(readFileSync(file, 'utf8'));
  journal.entries = journal.entries.filter(({ tag }: { tag: string }) => tag < '0038');
  writeFileSync(file, JSON.stringify(journal));
  admin = new pg.Client(postgres('postgres'));
  await admin.connect();
  await admin.query(`create database ${name}`);
  await migrate(url, { folder: earlier });
  db = new pg.Client(postgres(name));
  await db.connect();
});
afterAll(async () => {
  await db.end();
  await admin.query(`drop database ${name} with (force)`);
  await admin.end();
  rmSync(earlier, { recursive: true, force: true });
});

/** A prompt is opened and fails, is opened again and paid; its money is counted; the sale is allocated; something is asked about it. All by functions of 0037. */
async function pay(): Promise<string> {
  n += 1;
  const [payment, first, second] = [randomUUID(), randomUUID(), randomUUID()];
  const phone = `h${n}`;
  const row = JSON.stringify({ id: payment, purpose: 'donation', caller: 'public', language: 'en', phone: 'x', phone_hash: phone });
  const lines = JSON.stringify([{ sku: 'g', name: 'Gift', quantity: 1, unitCents: '10000', grossCents: '10000', vatClass: 'E' }]);
  await db.query({
    name: 'open',
    text: `select o.* from open_payment_1(10000, $1::jsonb, null, null, $2::jsonb, $3::text[], null, $4::uuid, $5::text, '123', null, $6::jsonb, 'public', 'r', null, null, null, now()) o`,
    values: [lines, row, [`PY-${n}`], first, phone, limits],
  });
  const settle = (attempt: string, says: string, receipt: string | null) =>
    db.query({
      name: 'settle',
      text: `select * from settle_stk_1($1::uuid, 'callback', $2, 'b', $3, true, 10000, $4, '123', $5, $5, $6, '0', '174379', now(), now())`,
      values: [attempt, randomUUID(), says, phone, `ws_${attempt}`, receipt],
    });
  await db.query({
    name: 'checkout',
    text: 'update attempts set checkout_request_id = $2, checkout_hash = $2, queried_at = now() where id = $1',
    values: [first, `ws_${first}`],
  });
  await settle(first, 'failed', null);
  await db.query({
    name: 'again',
    text: `select o.* from open_again_1($1::uuid, 'donation', $2::uuid, $3, '123', null, $4::jsonb, 'public', 'r', null, null, null, now()) o`,
    values: [payment, second, phone, limits],
  });
  await db.query({
    name: 'checkout',
    text: 'update attempts set checkout_request_id = $2, checkout_hash = $2, queried_at = now() where id = $1',
    values: [second, `ws_${second}`],
  });
  const { rows } = await settle(second, 'paid', `R${String(n).padStart(9, '0')}`);
  const deposit = rows[0].depositId;
  await db.query({ name: 'allocate', text: `select allocate_2($1::uuid, 'E', now()) as done`, values: [deposit] }).catch((error) => {
    if (error.code !== '42883') throw error;
    return db.query({ name: 'allocate1', text: `select allocate_1($1::uuid, now()) as done`, values: [deposit] });
  });
  const payout = randomUUID();
  await db.query({
    name: 'payout',
    text: `insert into payouts (id, reference, kind, source_account, subject, payment_id, amount_cents, parts_cents, state, caller, requested_by, requested_at)
      values ($1, $2, 'refund', 'customer_credit', $3, $4, 10000, array[10000], 'approved', 'c', 'c', now())`,
    values: [payout, `PO-${n}`, deposit, payment],
  });
  await db.query({
    name: 'withdrawal',
    text: `insert into withdrawals (id, payout_id, part, amount_cents, state) values (gen_random_uuid(), $1, 1, 10000, 'reserved')`,
    values: [payout],
  });
  await db.query({
    name: 'book',
    text: `select book_1('payout_reserve', w.id, 1, 'customer_credit', 'payout_reserve', 10000, now()) from withdrawals w where payout_id = $1`,
    values: [payout],
  });
  await db.query({
    name: 'reject',
    text: `select reject_withdrawal_1(w, p, 'x', 'note', now()) from withdrawals w join payouts p on p.id = w.payout_id where p.id = $1`,
    values: [payout],
  });
  await db.query({ name: 'unpay', text: `select unpay_1(d, now()) from deposits d where d.id = $1`, values: [deposit] });
  await db.query({ name: 'pstar', text: `select p.status, p.rare_status from payments p where id = $1`, values: [payment] });
  return payment;
}

test('functions of 0037 go on in a session that has kept their plans, and write both names', async () => {
  for (let i = 0; i < 8; i++) await pay();
  const before = (await db.query('select id from payments')).rows.map(({ id }) => id);
  await migrate(url);
  const after: string[] = [];
  for (let i = 0; i < 8; i++) after.push(await pay());
  const { rows } = await db.query('select id, state, status, rare_state, rare_status from payments');
  expect(rows.length).toBe(16);
  for (const row of rows) expect([row.state, row.rare_state, row.rare_status]).toEqual([row.status, 'expired', 'expired']);
  expect(before.length).toBe(8);
  const { rows: parted } = await db.query('select id from payouts where subject is distinct from subject_id::text or subject_id is null');
  expect(parted).toEqual([]);
});
