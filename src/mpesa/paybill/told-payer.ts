import type * as z from 'zod';
import type { Caller } from '#ground/call.ts';
import { AppError } from '#ground/errors.ts';
import { line } from '#ground/text/line.ts';
import { PhoneNumber } from '#ground/text/phone.ts';

/** The fields of a request that name the payee of a refund. */
export const payerFields = {
  /** Needed where Safaricom masked the payer's number, or several numbers were tried. */
  phoneNumber: PhoneNumber.optional(),
  /** How a person found out that this phone paid, where the payer is not known for sure. */
  identifiedBy: line(2, 100).optional(),
};

type PayerFields = { phoneNumber?: string | undefined; identifiedBy?: string | undefined };

/** Adds an issue where `identifiedBy` comes without a phone. */
export function requireIdentifiedPhone({ phoneNumber, identifiedBy }: PayerFields, context: z.RefinementCtx): void {
  if (identifiedBy === undefined || phoneNumber !== undefined) return;
  context.addIssue({ code: 'custom', path: ['phoneNumber'], message: 'Say which phone paid: identifiedBy goes with phoneNumber.' });
}

/** The payer as a person named them: a phone, and how they found out that it paid. */
export type ToldPayer = { phone?: string | undefined; identifiedBy?: string | undefined };

/** Reads the payer that a request names. Only a person may identify a payer: throws `forbidden` for a key. */
export function toldPayer({ phoneNumber, identifiedBy }: PayerFields, { person }: Caller): ToldPayer {
  if (identifiedBy !== undefined && !person)
    throw new AppError(
      'forbidden',
      'Only a person can say how the payer was identified (identifiedBy): a treasurer requests this, signed in.',
    );
  return { phone: phoneNumber, identifiedBy };
}

const IDENTIFIED = ' (payer: ';

/** The reason of a refund, with how the payer was identified appended, for whoever approves it. */
export const reasonWith = (reason: string, { identifiedBy }: ToldPayer): string =>
  identifiedBy === undefined ? reason : `${reason}${IDENTIFIED}${identifiedBy})`;

/** The reason without how the payer was identified, for the payer to read. */
export const reasonForPayer = (reason: string): string => reason.split(IDENTIFIED)[0] ?? reason;
