import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { newId } from '#ground/db/columns.ts';
import { decrypt, lookupHash } from '#ground/db/encryption.ts';
import { decrypted, readRows } from '#ground/db/rows.ts';
import type { Reader } from '#ground/db/types.ts';
import { isStandIn } from '#ground/text/stand-in.ts';
import type { Subject } from './holding.ts';
import { phonesOfEmail } from './phones-of-email.ts';

/** Whom somebody means: one of these. A member by id or number, a customer also by a payment of theirs, by id or reference. */
export type Asked = { phone: string } | { email: string } | { member: string } | { person: string } | { payment: string };

/** Several people are meant, each with what names that one alone, or none is. */
class NotOne extends Error {
  override name = 'NotOne';
}

const Person = z.object({
  personId: z.uuid(),
  memberId: z.uuid().nullable(),
  phone: decrypted('phone'),
  phoneHash: z.string(),
  email: decrypted('email').nullable(),
});
type Person = z.output<typeof Person>;

/** Whoever paid or was paid: their number, sealed in the column of this name. */
const Payer = z
  .object({ column: z.string(), sealed: z.string().nullable(), phoneHash: z.string() })
  .transform(({ column, sealed, phoneHash }) => ({ phone: sealed === null ? null : decrypt(sealed, column), phoneHash }));

const PERSON = sql`select p.id as person_id, m.id as member_id, p.phone, p.phone_hash, p.email from people p left join members m on m.person_id = p.id`;

/** The one person who is meant. Throws `NotOne`. */
export async function findPerson(db: Reader, asked: Asked): Promise<Subject> {
  if ('member' in asked || 'person' in asked) {
    const [person] = await readRows(
      db,
      Person,
      sql`${PERSON} where ${'member' in asked ? isMember(asked.member) : sql`p.id::text = ${asked.person}`}`,
    );
    if (person) return subjectOf(person);
    throw new NotOne('There is no such member or person: GET /api/members and GET /api/people list them with their ids.');
  }
  if ('email' in asked) return findByEmail(db, asked.email);
  if ('phone' in asked) return findByPhone(db, asked.phone);
  const [payer] = await readRows(
    db,
    Payer,
    sql`
    select 'phone' as column, p.phone as sealed, p.phone_hash from payments p where p.id::text = ${asked.payment} or p.reference = ${asked.payment}
    union all select 'payer_phone', d.payer_phone, d.payer_hash from deposits d where (d.id::text = ${asked.payment} or d.receipt = ${asked.payment}) and d.payer_hash is not null
    union all select 'phone', case when p.phone_hash = a.phone_hash then p.phone end, a.phone_hash from deposits d join attempts a on a.id = d.attempt_id join payments p on p.id = a.payment_id
      where d.id::text = ${asked.payment} or d.receipt = ${asked.payment}
    union all select 'phone', o.phone, o.phone_hash from payouts o where (o.id::text = ${asked.payment} or o.reference = ${asked.payment} or exists (select from withdrawals w where w.payout_id = o.id and w.receipt = ${asked.payment})) and o.phone_hash is not null`,
  );
  if (!payer)
    throw new NotOne('There is no such payment, deposit or payout: give its id, its reference or its M-PESA code (GET /api/payments).');
  return findByHash(db, payer);
}

const isMember = (typed: string) => (/^\d{1,9}$/.test(typed) ? sql`m.number = ${Number(typed)}` : sql`m.id::text = ${typed}`);

const findByPhone = (db: Reader, phone: string): Promise<Subject> => findByHash(db, { phone, phoneHash: lookupHash(phone) });

/** Whoever has a phone: a member or one of the staff, or else a customer, who is named by the first thing that was paid from there or to it. */
async function findByHash(db: Reader, { phone, phoneHash }: { phone: string | null; phoneHash: string }): Promise<Subject> {
  const [person] = await readRows(db, Person, sql`${PERSON} where p.phone_hash = ${phoneHash}`);
  if (person) return subjectOf(person);
  const [thing] = await readRows(
    db,
    z.object({ handle: z.string() }),
    sql`
    select handle from (
      (select 1 as rank, 'payment:' || id as handle from payments where phone_hash = ${phoneHash} order by created_at, id limit 1)
      union all (select 2, 'payment:' || id from deposits where payer_hash = ${phoneHash} order by id limit 1)
      union all (select 3, 'payment:' || id from payouts where phone_hash = ${phoneHash} order by id limit 1)
      union all (select 4, ${`other:${newId()}`}::text where exists (select from attempts where phone_hash = ${phoneHash}) or exists (select from bulk_lines where phone_hash = ${phoneHash})
        or exists (select from bookings where provider_phone_hash = ${phoneHash}) or exists (select from codes_sent where phone_hash = ${phoneHash}) or exists (select from opt_outs where address_hash = ${phoneHash}))
    ) found order by rank limit 1`,
  );
  if (!thing)
    throw new NotOne(
      'Nothing is held of this phone. It may have been anonymised before: a member is found by --member, a customer by --payment.',
    );
  return {
    handle: thing.handle,
    phones: phone === null || isStandIn(phone) ? [] : [phone],
    phoneHashes: [phoneHash],
    emails: [],
    emailHashes: [],
    personId: null,
    memberId: null,
  };
}

async function findByEmail(db: Reader, email: string): Promise<Subject> {
  const emailHash = lookupHash(email.toLowerCase());
  const found = await phonesOfEmail(db, email, emailHash);
  const [phone] = found;
  if (!phone) throw new NotOne('Nothing is held of this e-mail address.');
  if (found.length > 1)
    throw new NotOne(
      `${found.length} people gave this e-mail address. Say which one is meant:\n${found.map(({ option }) => `  ${option}`).join('\n')}`,
    );
  const subject = await findByHash(db, phone);
  return { ...subject, emails: [...new Set([...subject.emails, email])], emailHashes: [...new Set([...subject.emailHashes, emailHash])] };
}

function subjectOf({ personId, memberId, phone, phoneHash, email }: Person): Subject {
  return {
    ...{ handle: memberId === null ? `person:${personId}` : `member:${memberId}`, personId, memberId },
    ...{ phones: isStandIn(phone) ? [] : [phone], phoneHashes: [phoneHash] },
    ...{ emails: email === null ? [] : [email], emailHashes: email === null ? [] : [lookupHash(email.toLowerCase())] },
  };
}
