import type * as z from 'zod';
import type { Caller } from '#ground/call.ts';
import { AppError } from '#ground/errors.ts';
import { line } from '#ground/text/line.ts';
import { PhoneNumber } from '#ground/text/phone.ts';

/** The fields of a request that say to whom money goes back. */
export const payerFields = {
  /** Needed where Safaricom has masked the payer's number, or the payment was tried from several. */
  phoneNumber: PhoneNumber.optional(),
  /** How a person found out that this phone paid, where it is not sure whose money it is. */
  identifiedBy: line(2, 100).optional(),
};

type PayerFields = { phoneNumber?: string | undefined; identifiedBy?: string | undefined };

/** Issues a schema's complaint when somebody was identified and nobody says who. */
export function requireIdentifiedPhone({ phoneNumber, identifiedBy }: PayerFields, context: z.RefinementCtx): void {
  if (identifiedBy === undefined || phoneNumber !== undefined) return;
  context.addIssue({ code: 'custom', path: ['phoneNumber'], message: 'Say which phone paid: identifiedBy goes with phoneNumber.' });
}

/** Whose money it is said to be: a phone, and how a person found out that it paid. */
export type ToldPayer = { phone?: string | undefined; identifiedBy?: string | undefined };

/** Reads who is said to have paid. That somebody was identified is a person's word: throws `forbidden` for a key's. */
export function toldPayer({ phoneNumber, identifiedBy }: PayerFields, { person }: Caller): ToldPayer {
  if (identifiedBy !== undefined && !person)
    throw new AppError(
      'forbidden',
      'How the payer was identified (identifiedBy) is for a person to say: a treasurer asks for this, signed in.',
    );
  return { phone: phoneNumber, identifiedBy };
}

const IDENTIFIED = ' (payer: ';

/** Why money goes back, with how its payer was identified, for whoever approves it. */
export const reasonWith = (reason: string, { identifiedBy }: ToldPayer): string =>
  identifiedBy === undefined ? reason : `${reason}${IDENTIFIED}${identifiedBy})`;

/** Why money goes back, for its payer to read: how they were identified is for us. */
export const reasonForPayer = (reason: string): string => reason.split(IDENTIFIED)[0] ?? reason;
