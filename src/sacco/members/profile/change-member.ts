import { eq } from 'drizzle-orm';
import * as z from 'zod';
import { record } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { AppError } from '#ground/errors.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { changeEmail, codesComeByMail } from '#people/people/keep-person.ts';
import { people } from '#people/people/people.schema.ts';
import { members } from '../members.schema.ts';
import { CHANGEABLE } from '../register-member-input.ts';
import { readMember } from './read-member.ts';

/**
 * What members may change about themselves; null deletes a value. `optOut` stops notices and reminders by SMS or e-mail, but not sign-in codes or what the
 * member asks for.
 */
export const ChangeMemberInput = z
  .strictObject({
    email: CHANGEABLE.email.nullable().optional(),
    address: CHANGEABLE.address.nullable().optional(),
    nextOfKin: CHANGEABLE.nextOfKin.nullable().optional(),
    language: CHANGEABLE.language.optional(),
    optOut: z.strictObject({ sms: z.boolean().optional(), email: z.boolean().optional() }).optional(),
  })
  .refine((input) => Object.keys(input).length > 0, 'Send what is to change: email, address, nextOfKin, language or optOut.');
type ChangeMemberInput = z.output<typeof ChangeMemberInput>;

/**
 * Changes what members may change about themselves, and answers the changed member. A name, and an e-mail that receives sign-in codes, are changed by an
 * administrator (people/change-person.ts). Throws `member_not_found`, `forbidden`.
 */
export async function changeMember(app: Pick<App, 'db' | 'clock' | 'config'>, input: ChangeMemberInput, call: Call) {
  const phoneHash = call.caller.person?.phoneHash ?? '';
  if (input.email !== undefined && (await codesComeByMail(app, phoneHash)))
    throw new AppError('forbidden', 'Your codes for signing in come to this e-mail: ask us to change it.');
  const now = app.clock.now();
  await app.db.transaction(async (tx) => {
    const [member] = await tx
      .select({ id: members.id, personId: members.personId, smsOptOutAt: members.smsOptOutAt, emailOptOutAt: members.emailOptOutAt })
      .from(members)
      .innerJoin(people, eq(people.id, members.personId))
      .where(eq(people.phoneHash, phoneHash))
      .for('update', { of: members });
    if (!member) throw new AppError('member_not_found', 'You are not a member yet: POST /api/members makes you one.');
    const { address, nextOfKin, language, email, optOut } = input;
    const changes = {
      ...(address !== undefined && { address }),
      ...(nextOfKin !== undefined && { nextOfKin: nextOfKin && JSON.stringify(nextOfKin) }),
      ...(language !== undefined && { language }),
      ...(optOut?.sms !== undefined && { smsOptOutAt: optOut.sms ? (member.smsOptOutAt ?? now) : null }),
      ...(optOut?.email !== undefined && { emailOptOutAt: optOut.email ? (member.emailOptOutAt ?? now) : null }),
    };
    if (Object.keys(changes).length > 0) await tx.update(members).set(changes).where(eq(members.id, member.id));
    if (email !== undefined) await changeEmail(tx, member.personId, email);
    const after = { changed: Object.keys(input), ...(optOut && { optOut }) };
    await record(tx, {
      actor: call.caller.id,
      action: 'member_changed',
      subject: member.id,
      after,
      requestId: call.requestId,
      happenedAt: now,
    });
  });
  return readMember(app, { id: 'me' }, call);
}
