import { sql } from 'drizzle-orm';
import type { App } from '../app.ts';
import type { Call, Reply } from '../call.ts';
import { newId } from '../db/columns.ts';
import { AppError } from '../errors.ts';
import { openReviewSql } from '../reviews/open-review.ts';
import { askingShortcode, type Question, sendInquiry, writeInquirySql } from './open-inquiry.ts';

/** Asks Safaricom for the balances and writes the question down first; resolves to its id. Throws as `sendInquiry` does, and `initiator_not_configured`. */
export async function askForBalance(app: App, askedBy: string): Promise<{ inquiryId: string }> {
  const shortcode = askingShortcode(app);
  const question: Question = { id: newId(), kind: 'account-balance', askedBy };
  await app.db.execute(writeInquirySql(question, shortcode, app.clock.now()));
  await sendBalanceInquiry(app, question);
  return { inquiryId: question.id };
}

/** An operator asks for the balances anew; the answer comes later and is read with the others. */
export async function requestBalance(app: App, _input: object, call: Call): Promise<Reply> {
  return { status: 202, json: { ...(await askForBalance(app, call.caller.id)), state: 'asked' } };
}

/**
 * Asks for the balances when the last question is an hour old, once however many run at the same time; not while an alarm has stopped payouts, since a wrong
 * password sent each hour would lock Safaricom's user. Three hours of questions without an answer open a task.
 */
export async function askBalance(app: App): Promise<{ asked: boolean }> {
  if (!app.config.initiator) return { asked: false };
  const now = app.clock.now();
  const at = sql`${now.toISOString()}::timestamptz`;
  const shortcode = askingShortcode(app);
  const question: Question = { id: newId(), kind: 'account-balance', askedBy: 'clock' };
  const ofKind = sql`kind = 'account-balance' and shortcode = ${shortcode}`;
  const isDue = sql`not exists (select from inquiries where ${ofKind} and asked_at > ${at} - interval '1 hour') and not exists (select from stops where name = 'payouts')`;
  const [, written] = await app.db.batch([
    app.db.execute(sql`select pg_advisory_xact_lock(hashtext('ask_balance'))`), // the next statement sees what others wrote before it
    app.db.execute(writeInquirySql(question, shortcode, now, isDue)),
    app.db.execute(sql`
      with silent as (
        select min(asked_at) as since from inquiries
        where ${ofKind} and asked_at > coalesce((select max(asked_at) from inquiries where ${ofKind} and state = 'answered' and says = 'done'), '-infinity')
      ), ${openReviewSql({
        kind: sql`'balance_unknown'`,
        subject: sql`${shortcode}::text`,
        openedAt: now,
        from: sql`silent where since <= ${at} - interval '3 hours' and exists (select from inquiries where id = ${question.id}::uuid)`,
      })}
      select`),
  ]);
  if (written.rows.length === 0) return { asked: false };
  await sendBalanceInquiry(app, question).catch((error: unknown) => {
    if (!(error instanceof AppError)) throw error; // a refusal is recorded: asked again in an hour, and a task after three
  });
  return { asked: true };
}

const sendBalanceInquiry = (app: App, question: Question) => sendInquiry(app, question, (urls) => app.daraja.askAccountBalance(urls));
