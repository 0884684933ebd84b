import { type SQL, sql } from 'drizzle-orm';
import type { Call } from '#ground/call.ts';
import { newId } from '#ground/db/columns.ts';
import { instantSql } from '#ground/db/rows.ts';
import { AppError } from '#ground/errors.ts';
import { openTasksSql } from '#ground/tasks/open-tasks.ts';
import { watchedShortcodes } from '../float/own-shortcodes.ts';
import { payingShortcode } from '../float/paying-shortcode.ts';
import type { App } from '../wiring/app.ts';
import { askingShortcode, type Question, sendInquiry, writeInquirySql } from './open-inquiry.ts';

/**
 * Asks Safaricom for the balances of each of our short codes, the one that pays out first, and records each inquiry before it is sent. Resolves to the first
 * inquiry's id. Throws `initiator_not_configured`, and as `sendInquiry` does about the first; a refusal of another one is only recorded.
 */
export async function askForBalance(app: App, askedBy: string): Promise<{ inquiryId: string }> {
  askingShortcode(app);
  const questions = watchedShortcodes(app.config).map((shortcode) => ({
    shortcode,
    question: { id: newId(), kind: 'account-balance', askedBy } satisfies Question,
  }));
  const [first, ...others] = questions;
  if (!first) throw new Error('There is always a short code that pays out.');
  await ask(app, first);
  for (const other of others) await ask(app, other).catch(passOverRefusal);
  return { inquiryId: first.question.id };
}

async function ask(app: App, { shortcode, question }: { shortcode: string; question: Question }): Promise<void> {
  await app.db.execute(writeInquirySql(question, shortcode, app.clock.now()));
  await sendBalanceInquiry(app, question, shortcode);
}

/** An operator asks for the balances now; the answers come later and are read with the others. */
export async function requestBalance(app: App, _input: object, call: Call) {
  return { ...(await askForBalance(app, call.caller.id)), state: 'asked' };
}

/** Result codes that say that our initiator is unknown at a short code, or locked there: further tries would lock it. */
const NOBODY_HERE = ['18', '20', '2001', '8006'];

/**
 * Asks for the balances of each of our short codes whose last inquiry is an hour old, once even if several run at the same time. Not while an alarm has stopped
 * payouts, since a wrong password sent each hour would lock Safaricom's user, and only once a day where our initiator is unknown. Three hours of inquiries without
 * an answer open a task.
 */
export async function askBalance(app: App): Promise<{ asked: boolean }> {
  if (!app.config.initiator) return { asked: false };
  let asked = false;
  for (const shortcode of watchedShortcodes(app.config)) if (await askOne(app, shortcode)) asked = true;
  return { asked };
}

/** An hour, less what a minute may begin earlier than another: so the questions stay in the quarter hour in which the first one was asked. */
const APART = sql`interval '59 minutes 50 seconds'`;

/** When the balance of a short code is to be asked for next; null while payouts are stopped. */
const nextSql = ({ config }: Pick<App, 'config'>, shortcode: SQL, at: SQL): SQL => sql`(select greatest(
    coalesce((select max(i.asked_at) + ${APART} from inquiries i where i.kind = 'account-balance' and i.shortcode = ${shortcode}), ${at}),
    (select last.asked_at + interval '1 day' from (select i.result_code, i.asked_at from inquiries i
        where i.kind = 'account-balance' and i.shortcode = ${shortcode} and i.state = 'answered' order by i.asked_at desc limit 1) last
      where ${shortcode} <> ${payingShortcode(config)} and last.result_code = any(${sql.param(NOBODY_HERE)}::text[])))
  where not exists (select from stops where name = 'payouts'))`;

/** When the next balance is to be asked for, as a value in a statement; null without an initiator. */
export const balanceDueSql = ({ config }: Pick<App, 'config'>, at: SQL): SQL =>
  config.initiator
    ? sql`(select min(${nextSql({ config }, sql`w.shortcode`, at)}) from unnest(${sql.param(watchedShortcodes(config))}::text[]) w(shortcode))`
    : sql`null`;

async function askOne(app: App, shortcode: string): Promise<boolean> {
  const now = app.clock.now();
  const at = instantSql(now);
  const question: Question = { id: newId(), kind: 'account-balance', askedBy: 'clock' };
  const ofKind = sql`kind = 'account-balance' and shortcode = ${shortcode}`;
  const isDue = sql`${nextSql(app, sql`${shortcode}::text`, at)} <= ${at}`;
  const [, written] = await app.db.batch([
    app.db.execute(sql`select pg_advisory_xact_lock(hashtext('ask_balance'))`), // so that the next statement sees what others wrote before it
    app.db.execute(writeInquirySql(question, shortcode, now, isDue)),
    app.db.execute(sql`
      with silent as (
        select min(asked_at) as since from inquiries
        where ${ofKind} and asked_at > coalesce((select max(asked_at) from inquiries where ${ofKind} and state = 'answered' and says = 'done'), '-infinity')
      ), ${openTasksSql({
        kind: 'balance_unknown',
        subject: shortcode,
        openedAt: now,
        from: sql`silent where since <= ${at} - interval '3 hours' and exists (select from inquiries where id = ${question.id}::uuid)`,
      })}
      select`),
  ]);
  if (written.rows.length === 0) return false;
  await sendBalanceInquiry(app, question, shortcode).catch(passOverRefusal); // asked again in an hour, and a task after three
  return true;
}

/** Passes over a refusal: it is recorded with its inquiry. */
function passOverRefusal(error: unknown): void {
  if (!(error instanceof AppError)) throw error;
}

const sendBalanceInquiry = (app: App, question: Question, shortcode: string) =>
  sendInquiry(app, question, (urls) => app.daraja.askAccountBalance({ ...urls, shortcode }));
