import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { lookupHash } from '#ground/db/encryption.ts';
import { listInput, readPage } from '#ground/db/page.ts';
import { decrypted, instant } from '#ground/db/rows.ts';
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
export const ListMembersInput = listInput(
  {
    number: MemberNumber.optional(),
    phoneNumber: PhoneNumber.optional(),
    nationalId: NationalId.optional(),
    before: MemberNumber.optional(),
  },
  500,
);

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
  const { number, phoneNumber, nationalId, before } = input;
  const isOrAny = (column: ReturnType<typeof sql>, value: string | undefined) =>
    value === undefined ? sql`true` : sql`${column} = ${value}`;
  const all = sql`
    from members m join people p on p.id = m.person_id
    where ${isOrAny(sql`p.phone_hash`, phoneNumber && lookupHash(phoneNumber))} and ${isOrAny(sql`m.national_id_hash`, nationalId && nationalIdHash(nationalId))}
      and (${number ?? null}::int is null or m.number = ${number ?? null}::int)`;
  const { rows, hasMore, totals } = await readPage(db, Row, input, {
    list: sql`
    select m.id, m.number, p.name, p.phone, p.disabled_at is not null as disabled, m.joined_at
    ${all} and (${before ?? null}::int is null or m.number < ${before ?? null}::int)
    order by m.number desc`,
    all,
  });
  const last = hasMore ? rows.at(-1) : undefined;
  const members = rows.map(({ id, phone, joinedAt, ...row }) => ({
    memberId: id,
    ...row,
    number: memberNumber(row.number),
    maskedPhone: maskPhone(phone),
    joinedAt: joinedAt.toISOString(),
  }));
  return { members, nextBefore: last ? memberNumber(last.number) : null, ...totals };
}
