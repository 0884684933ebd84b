import { newId } from '#ground/db/columns.ts';
import { AppError } from '#ground/errors.ts';
import type { Deliver } from '#ground/outbox/delivery/drain.ts';
import type { App } from '../wiring/app.ts';
import { askingShortcode, type Question, sendInquiry, writeInquirySql } from './open-inquiry.ts';

/** The `askedBy` of an inquiry about a notice of which only the receipt could be read. */
const ASKED_FOR_NOTICE = 'notice';

/**
 * Handles `ask_receipt`: asks Safaricom about the receipt of an attempt's success that was not believed, or of a notice that could not be read. What the answer
 * proves is settled; without an initiator the open task is left to a person.
 */
export const askReceipt: Deliver<'ask_receipt', App> = async (app: App, { receipt, attemptId }) => {
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
