import * as z from 'zod';
import type { Call } from '#ground/call.ts';
import type { Ground } from '#ground/ground.ts';
import { PhoneNumber } from '#ground/text/phone.ts';
import { unlockPhone } from './manage-people.ts';

/** Any phone, a customer's too. */
export const UnlockPhoneInput = z.strictObject({ phoneNumber: PhoneNumber });

/** Lets a phone be prompted and sent codes again at once, and forgets that a provider refused it. Safe to repeat. */
export async function unlockAnyPhone(
  { db, clock }: Pick<Ground, 'db' | 'clock'>,
  { phoneNumber }: z.output<typeof UnlockPhoneInput>,
  { caller, requestId }: Call,
) {
  return { unlocked: await unlockPhone(db, phoneNumber, { actor: caller.id, requestId, now: clock.now() }) };
}
