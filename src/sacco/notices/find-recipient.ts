import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { decrypted, readRows } from '#ground/db/rows.ts';
import type { Reader } from '#ground/db/types.ts';
import { isUnreachable, isUnreachableSql } from '#ground/notify/unreachable.ts';
import type { CHANNELS } from '#ground/outbox/message.ts';
import { LANGUAGES } from '#ground/text/language.ts';
import { cleanName } from './clean-words.ts';

export type Channel = (typeof CHANNELS)[number];

const Person = z.object({
  personId: z.uuid(),
  name: decrypted('name').transform(cleanName),
  phone: decrypted('phone'),
  email: decrypted('email').nullable(),
  role: z.string(),
  language: z.enum(LANGUAGES),
  memberId: z.uuid().nullable(),
});

/** Who gets a message, and where: `address` is their own verified phone or their e-mail. */
export type Recipient = Omit<z.output<typeof Person>, 'phone' | 'email'> & { address: string };

/**
 * The recipient of a message as they are now; who gets it was decided when it was promised (members/promise-notice.sql). Returns nothing when this channel may
 * not be used: the person is disabled or opted out, their phone is not verified, they have no e-mail, or the provider refuses the address for good.
 */
export async function findRecipient(
  db: Reader,
  who: { personId: string } | { memberId: string },
  channel: Channel,
): Promise<Recipient | undefined> {
  const [person] = await readRows(
    db,
    Person,
    sql`
    select p.id as person_id, p.name, p.phone, p.email, p.role, coalesce(m.language, 'en') as language, m.id as member_id
    from people p left join members m on m.person_id = p.id
    where ${'personId' in who ? sql`p.id = ${who.personId}::uuid` : sql`m.id = ${who.memberId}::uuid`} and p.disabled_at is null and ${REACHABLE[channel]}`,
  );
  if (!person) return undefined;
  const { phone, email, ...rest } = person;
  if (channel === 'email' && email !== null && (await isUnreachable(db, 'email', email))) return undefined;
  return { ...rest, address: channel === 'sms' ? phone : (email ?? '') };
}

const REACHABLE: Record<Channel, SQL> = {
  sms: sql`p.phone_verified_at is not null and m.sms_opt_out_at is null and not ${isUnreachableSql('sms', sql`p.phone_hash`)}`,
  email: sql`p.email is not null and m.email_opt_out_at is null`,
};
