import type { App } from '../app.ts';
import { newId } from '../db/columns.ts';
import { AppError } from '../errors.ts';
import type { Deliver } from '../outbox/drain.ts';
import { askingShortcode, type Question, sendInquiry, writeInquirySql } from './open-inquiry.ts';

/** Who asks about a receipt of which no more than a notice's name of it could be read. */
const ASKED_FOR_NOTICE = 'notice';

/**
 * Says the message `ask_receipt`: asks Safaricom about the receipt of an attempt's success that was not believed, or of a notice that could not be read. What its answer
 * proves is settled; without an initiator the task that was opened is a person's.
 */
export const askReceipt: Deliver<'ask_receipt'> = async (app: App, { receipt, attemptId }) => {
  if (!app.config.initiator) return undefined;
  const question: Question = {
    id: newId(),
    kind: 'transaction-status',
    askedBy: attemptId ? `attempt:${attemptId}` : ASKED_FOR_NOTICE,
    receipt,
  };
  await app.db.execute(writeInquirySql(question, askingShortcode(app), app.clock.now()));
  await sendInquiry(app, question, (urls) => app.daraja.askTransactionStatus({ ...urls, receipt })).catch((error: unknown) => {
    if (!(error instanceof AppError)) throw error; // refused: the task stays
  });
  return undefined;
};
