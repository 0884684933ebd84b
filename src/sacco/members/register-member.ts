import { eq } from 'drizzle-orm';
import { openAccount, savingsAccount } from '#books/ledger/accounts.ts';
import { record } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { newId } from '#ground/db/columns.ts';
import { lookupHash } from '#ground/db/encryption.ts';
import { violatedConstraint } from '#ground/db/errors.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { answerOnce } from '#ground/idempotency/answer-once.ts';
import { newReference } from '#ground/references/reference.ts';
import { keepStanding } from '#ground/references/standing-reference.ts';
import { addMonths, nairobiDay } from '#ground/time/nairobi.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { codesComeByMail, keepPerson } from '#people/people/keep-person.ts';
import { memberNumber } from './member-number.ts';
import { memberAccounts, members } from './members.schema.ts';
import { nationalIdHash } from './national-id-hash.ts';
import type { RegisterMemberInput } from './register-member-input.ts';

const ADULT_YEARS = 18;

/**
 * Makes a member of whoever is signed in, with a savings account; in one transaction, and once per phone however often they ask. A treasurer or an administrator
 * keeps their role. Throws `phone_not_yours`, `under_age`, `already_a_member` with the member's number, `national_id_used`. Repeated with its Idempotency-Key it
 * answers the same bytes.
 */
export async function registerMember({ db, clock, config }: Pick<App, 'db' | 'clock' | 'config'>, input: RegisterMemberInput, call: Call) {
  const now = clock.now();
  const phoneHash = requireOwnPhone(input, call);
  requireAdult(input.bornOn, now);
  const id = newId();
  const key = call.key && { ...call.key, scope: `phone:${phoneHash}` }; // joining changes who the caller is, and they may repeat the request
  try {
    return await answerOnce(db, { key, id, now }, async (tx) => {
      const { phoneNumber: phone, name, email } = input;
      const verified = !(await codesComeByMail({ config, db: tx }, phoneHash));
      // of two requests for the same phone the second waits here, and then sees the member that the first has made
      const personId = await keepPerson(tx, { phone, name, email }, { verified, call, now });
      await requireNewcomer(tx, personId);
      const number = await insertMember(tx, input, { id, personId, now });
      const savings = await openSavings(tx, { memberId: id, now });
      const { id: actor } = call.caller;
      const after = { number: memberNumber(number), ...savings };
      await record(tx, { actor, action: 'member_joined', subject: id, after, requestId: call.requestId, happenedAt: now });
      return { memberId: id, number: memberNumber(number), savings };
    });
  } catch (error) {
    if (violatedConstraint(error) === 'members_national_id_hash_unique')
      throw new AppError('national_id_used', 'A member has this national id already: check it, or write to us.');
    throw error;
  }
}

function requireOwnPhone({ phoneNumber }: RegisterMemberInput, { caller }: Call): string {
  const phoneHash = lookupHash(phoneNumber);
  if (phoneHash === caller.person?.phoneHash) return phoneHash;
  throw new AppError('phone_not_yours', 'Send the phoneNumber that you have signed in with: no other is proved to be yours.');
}

/** Somebody born on 29 February is of age on 1 March. */
function requireAdult(bornOn: string, now: Date): void {
  if (bornOn > addMonths(nairobiDay(now), -12 * ADULT_YEARS))
    throw new AppError('under_age', `Members are at least ${ADULT_YEARS} years old.`);
}

async function requireNewcomer(tx: Tx, personId: string): Promise<void> {
  const [member] = await tx.select({ number: members.number }).from(members).where(eq(members.personId, personId));
  if (!member) return;
  const number = memberNumber(member.number);
  throw new AppError('already_a_member', `You are a member already: your number is ${number}.`, { number });
}

async function insertMember(
  tx: Tx,
  { nationalId, bornOn, kraPin, address, nextOfKin, language }: RegisterMemberInput,
  { id, personId, now }: { id: string; personId: string; now: Date },
): Promise<number> {
  const known = { nationalId, nationalIdHash: nationalIdHash(nationalId), bornOn, kraPin: kraPin ?? null, address: address ?? null };
  const kin = nextOfKin ? JSON.stringify(nextOfKin) : null;
  const [member] = await tx
    .insert(members)
    .values({ id, personId, ...known, nextOfKin: kin, language, joinedAt: now })
    .returning({ number: members.number });
  if (!member) throw new Error('A member was written and is not there.');
  return member.number;
}

/** Opens a member's savings account: its row, its ledger account, and the reference that is typed at the paybill, drawn until it is unused. */
export async function openSavings(
  tx: Tx,
  { memberId, now }: { memberId: string; now: Date },
  draw = () => newReference('SV'),
): Promise<{ accountId: string; reference: string }> {
  const accountId = newId();
  let reference = draw();
  while (!(await keepStanding(tx, { reference, kind: 'savings', subjectId: accountId, now }))) reference = draw();
  await tx.insert(memberAccounts).values({ id: accountId, memberId, kind: 'savings', reference, openedAt: now });
  await openAccount(tx, savingsAccount(accountId));
  return { accountId, reference };
}
