import * as z from 'zod';
import type { Call } from '#ground/call.ts';
import { newId } from '#ground/db/columns.ts';
import type { App } from '../wiring/app.ts';
import { askingShortcode, type Question, sendInquiry, writeInquirySql } from './open-inquiry.ts';

/** Which transaction: by the M-PESA receipt, or by the id that our request had (of a payout: its withdrawalId). */
export const AskStatusInput = z
  .strictObject({
    receipt: z
      .string()
      .trim()
      .toUpperCase()
      .regex(/^[A-Z0-9]{6,20}$/, 'An M-PESA receipt is like UKL7XYZ123.')
      .optional(),
    originatorConversationId: z
      .string()
      .trim()
      .regex(/^[\x21-\x7e]{1,200}$/, 'Send the id as it was given.')
      .optional(),
  })
  .refine(({ receipt, originatorConversationId }) => (receipt === undefined) !== (originatorConversationId === undefined), {
    error: 'Send either receipt or originatorConversationId.',
  });
type AskStatusInput = z.output<typeof AskStatusInput>;

/** Asks what became of a transaction, and records the inquiry before it is sent. Resolves to its id. Throws `initiator_not_configured`, and as `sendInquiry` does. */
async function askTransactionStatus(app: App, which: AskStatusInput, askedBy: string): Promise<{ inquiryId: string }> {
  const shortcode = askingShortcode(app);
  const question: Question = { id: newId(), kind: 'transaction-status', askedBy, ...which };
  await app.db.execute(writeInquirySql(question, shortcode, app.clock.now()));
  await sendInquiry(app, question, (urls) => {
    const { receipt, originatorConversationId = '' } = which;
    return app.daraja.askTransactionStatus(receipt === undefined ? { ...urls, originatorConversationId } : { ...urls, receipt });
  });
  return { inquiryId: question.id };
}

/** Asks Safaricom what became of a transaction; the answer comes later and is read by the id. Moves no money; what it says of a payout of ours that was asked about by its own id is booked, and nothing else. */
export async function requestTransactionStatus(app: App, input: AskStatusInput, call: Call) {
  return { ...(await askTransactionStatus(app, input, call.caller.id)), state: 'asked' };
}
