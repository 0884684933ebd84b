import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { newId } from '#ground/db/columns.ts';
import { encrypt, lookupHash } from '#ground/db/encryption.ts';

const CHUNK = 2_000;
const TEMPLATE = { purpose: 'order', caller: 'public', language: 'en' };

/** Fills in paid payments, each with its prompt, deposit, callback and bookings, and personal data as the site encrypts it. */
export async function fillPayments(client: pg.Client, count: number): Promise<void> {
  for (let from = 0; from < count; from += CHUNK) {
    const rows = Array.from({ length: Math.min(CHUNK, count - from) }, (_, at) => rowOf(from + at));
    await client.query(
      `with n as (select * from jsonb_to_recordset($1::jsonb) as n(id uuid, attempt uuid, deposit uuid, evidence uuid, t1 uuid, t2 uuid, reference text, phone text, hash text, tail text,
         name text, checkout text, checkout_hash text, receipt text, body text, body_hash text, at timestamptz)),
       p as (insert into payments (id, reference, purpose, caller, lines, language, phone, phone_hash, name, owed_cents, amount_cents, status, state, latest_attempt_id, counted_deposit_id, created_at, settled_at)
         select id, reference, $2, $3, '[]', $4, phone, hash, name, 125000, 125000, 'paid', 'paid', attempt, deposit, at, at from n),
       a as (insert into attempts (id, payment_id, phone_hash, phone_tail, amount_cents, state, live, live_until, checkout_request_id, checkout_hash, receipt, created_at)
         select attempt, id, hash, tail, 125000, 'paid', false, at, checkout, checkout_hash, receipt, at from n),
       d as (insert into deposits (id, source, attempt_id, payment_id, amount_cents, receipt, confirmed_at, settled_at, allocated_at, receipt_proved_at, moved_at, shortcode)
         select deposit, 'stk', attempt, id, 125000, receipt, at, at, at, at, at, '174379' from n),
       e as (insert into evidence (id, subject_id, source, body_hash, body, verdict, received_at) select evidence, attempt, 'callback', body_hash, body, 'pays', at from n)
       insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at)
         select t1, 'mpesa_in', deposit::text, 1, 'paybill_float', 'clearing', 125000, at from n union all select t2, 'sale', deposit::text, 1, 'clearing', 'sales', 125000, at from n`,
      [JSON.stringify(rows), TEMPLATE.purpose, TEMPLATE.caller, TEMPLATE.language],
    );
  }
  await client.query('analyze');
}

/** Gives the people and members that fillLoans made what the site encrypts. */
export async function nameMembers(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ id: string; member: string }>(
    'select p.id, m.id as member from people p join members m on m.person_id = p.id',
  );
  for (let from = 0; from < rows.length; from += CHUNK) {
    const some = rows.slice(from, from + CHUNK).map(({ id, member }, at) => {
      const phone = `2547${String(80_000_000 + from + at)}`;
      const national = String(10_000_000 + from + at);
      return {
        ...{ id, member, phone: encrypt(phone, 'phone'), hash: lookupHash(phone), name: encrypt(`Member ${from + at}`, 'name') },
        ...{
          national: encrypt(national, 'national_id'),
          national_hash: lookupHash(`national-id:${national}`),
          born: encrypt('1990-01-01', 'born_on'),
        },
      };
    });
    const given = `jsonb_to_recordset($1::jsonb) as n(id uuid, member uuid, phone text, hash text, name text, national text, national_hash text, born text)`;
    await client.query(`update people p set phone = n.phone, phone_hash = n.hash, name = n.name from ${given} where p.id = n.id`, [
      JSON.stringify(some),
    ]);
    await client.query(
      `update members m set national_id = n.national, national_id_hash = n.national_hash, born_on = n.born from ${given} where m.id = n.member`,
      [JSON.stringify(some)],
    );
  }
}

function rowOf(n: number) {
  const phone = `2547${String(n % 20_000).padStart(8, '0')}`;
  const checkout = `ws_CO_${n}_${phone}`;
  const receipt = `UK${String(n).padStart(8, '0')}`;
  const body = JSON.stringify({
    Body: { stkCallback: { CheckoutRequestID: checkout, ResultCode: 0, receipt, phone, filler: randomBytes(120).toString('hex') } },
  });
  return {
    ...{ id: newId(), attempt: newId(), deposit: newId(), evidence: newId(), t1: newId(), t2: newId(), reference: `BENCH-${n}` },
    ...{ phone: encrypt(phone, 'phone'), hash: lookupHash(phone), tail: phone.slice(-3), name: encrypt('Wanjiru Kamau', 'name') },
    ...{ checkout: encrypt(checkout, 'checkout_request_id'), checkout_hash: lookupHash(checkout), receipt },
    ...{ body: encrypt(body, 'body'), body_hash: lookupHash(body), at: new Date(Date.UTC(2026, 0, 1) + n * 60_000).toISOString() },
  };
}
