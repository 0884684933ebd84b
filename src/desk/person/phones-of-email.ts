import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { decrypted, decryptedIfCan, readRows } from '#ground/db/rows.ts';
import type { Reader } from '#ground/db/types.ts';

/** Somebody who gave an e-mail address: their phone, and what to type to mean them alone. */
type Candidate = { phone: string; phoneHash: string; option: string };

const Payer = z.object({ phone: decrypted('phone'), phoneHash: z.string(), paymentId: z.uuid() });
const Person = z.object({
  ...{ id: z.uuid(), memberId: z.uuid().nullable(), phone: decrypted('phone'), phoneHash: z.string() },
  email: decryptedIfCan('email').nullable(),
});

const AT_A_TIME = 1_000;

/** Everybody who gave this e-mail address with a payment, or as a member or one of the staff: their addresses have no hash, so all are read. */
export async function phonesOfEmail(db: Reader, email: string, emailHash: string): Promise<Candidate[]> {
  const found = new Map<string, Candidate>();
  const payers = await readRows(
    db,
    Payer,
    sql`
    select distinct on (p.phone_hash) p.phone, p.phone_hash, p.id as payment_id from payments p where p.email_hash = ${emailHash} order by p.phone_hash, p.created_at, p.id`,
  );
  for (const { phone, phoneHash, paymentId } of payers) found.set(phoneHash, { phone, phoneHash, option: `--payment ${paymentId}` });
  for (let last = '00000000-0000-0000-0000-000000000000'; ; ) {
    const people = await readRows(
      db,
      Person,
      sql`
      select p.id, m.id as member_id, p.phone, p.phone_hash, p.email from people p left join members m on m.person_id = p.id
      where p.id > ${last}::uuid order by p.id limit ${AT_A_TIME}`,
    );
    for (const { id, memberId, phone, phoneHash, email: theirs } of people)
      if (theirs?.toLowerCase() === email.toLowerCase() || found.has(phoneHash))
        found.set(phoneHash, { phone, phoneHash, option: memberId === null ? `--person ${id}` : `--member ${memberId}` });
    if (people.length < AT_A_TIME) return [...found.values()];
    last = people.at(-1)?.id ?? last;
  }
}
