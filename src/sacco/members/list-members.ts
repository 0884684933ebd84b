import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { lookupHash } from '#ground/db/encryption.ts';
import { decrypted, instant, readRows } from '#ground/db/rows.ts';
import { maskPhone } from '#ground/text/mask-phone.ts';
import { PhoneNumber } from '#ground/text/phone.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { memberNumber, readMemberNumber } from './member-number.ts';
import { nationalIdHash } from './national-id-hash.ts';
import { NationalId } from './register-member-input.ts';

const MemberNumber = z
  .string()
  .max(20)
  .transform((typed, context) => {
    const number = readMemberNumber(typed);
    if (number !== undefined) return number;
    context.addIssue({ code: 'custom', message: 'A member number is written like M-00042.' });
    return z.NEVER;
  });

/** Which members: the one with a number, a phone or a national id, or all; newest first, those with a number below `before`. */
export const ListMembersInput = z.strictObject({
  number: MemberNumber.optional(),
  phoneNumber: PhoneNumber.optional(),
  nationalId: NationalId.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  before: MemberNumber.optional(),
});

const Row = z.object({
  id: z.uuid(),
  number: z.number(),
  name: decrypted('name'),
  phone: decrypted('phone'),
  disabled: z.boolean(),
  joinedAt: instant,
});

/**
 * Members in keyset pages. Encrypted fields are found by their keyed hash, so only by the whole value. KYC details are not listed: read-member.ts reads them
 * for one member at a time.
 */
export async function listMembers({ db }: Pick<App, 'db'>, input: z.output<typeof ListMembersInput>) {
  const { number, phoneNumber, nationalId, before, limit } = input;
  const isOrAny = (column: ReturnType<typeof sql>, value: string | undefined) =>
    value === undefined ? sql`true` : sql`${column} = ${value}`;
  const rows = await readRows(
    db,
    Row,
    sql`
    select m.id, m.number, p.name, p.phone, p.disabled_at is not null as disabled, m.joined_at
    from members m join people p on p.id = m.person_id
    where ${isOrAny(sql`p.phone_hash`, phoneNumber && lookupHash(phoneNumber))} and ${isOrAny(sql`m.national_id_hash`, nationalId && nationalIdHash(nationalId))}
      and (${number ?? null}::int is null or m.number = ${number ?? null}::int) and (${before ?? null}::int is null or m.number < ${before ?? null}::int)
    order by m.number desc limit ${limit + 1}`,
  );
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  const members = page.map(({ id, phone, joinedAt, ...row }) => ({
    memberId: id,
    ...row,
    number: memberNumber(row.number),
    maskedPhone: maskPhone(phone),
    joinedAt: joinedAt.toISOString(),
  }));
  return { members, nextBefore: last ? memberNumber(last.number) : null };
}
