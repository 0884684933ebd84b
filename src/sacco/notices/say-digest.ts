import { sql } from 'drizzle-orm';
import { instantSql } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import type { Deliverers } from '#ground/outbox/delivery/drain.ts';
import { addDays, type Day, morningOf, nairobiDay } from '#ground/time/nairobi.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { markExplainedSql } from '../loans/explain-penalty.ts';
import { type Reminder, readReminders } from '../loans/runs/read-reminders.ts';
import { promiseDigestsSql } from '../members/promise-notice.ts';
import { claimDigest, type Digest, findTurn } from './claim-digest.ts';
import { type DigestFacts, digestWords } from './digest-words.ts';
import { findRecipient } from './find-recipient.ts';
import { paybillOf } from './pay-link.ts';
import { quietUntil } from './quiet-hours.ts';
import { readDues } from './read-dues.ts';
import { readUntoldPenalties, type UntoldPenalty } from './read-penalties.ts';
import { canSay, sendWords } from './send-words.ts';

/**
 * Sends the message `digest`: a member's reminders and new penalties, all loans in one message, at most one a day by each channel, and never in the quiet
 * hours. Its facts are read now: what was paid meanwhile is left out, and when nothing is left, nothing is sent. A day that could not be covered is covered by the next one.
 */
export const sayDigest: Deliverers<App>['digest'] = async (app, digest, id) => {
  const now = app.clock.now();
  const today = nairobiDay(now);
  const notBefore = quietUntil(now) ?? (digest.on > today ? morningOf(digest.on) : undefined);
  if (notBefore) return notBefore;
  if (!canSay(app, digest.channel)) return undefined;

  const [recipient, turn] = await Promise.all([findRecipient(app.db, digest, digest.channel), findTurn(app, digest, today, now)]);
  if (!recipient || 'told' in turn) return undefined;
  if ('notBefore' in turn) return turn.notBefore;
  const facts = await readFactsOf(app, digest.memberId, turn.days, today);
  if (facts.reminders.length === 0 && facts.penalties.length === 0) return undefined;

  const later = await claimDigest(app, digest, { ...turn, today, personId: recipient.personId, id, now });
  if (later) return later;
  const { config, db } = app;
  const { sms, mail, toldBySms } = digestWords(facts, {
    ...{ ...recipient, organisation: config.organisation.name },
    ...{ siteUrl: config.site.url, paybill: paybillOf(app) },
  });
  await sendWords(app, digest.channel, recipient, { id, kind: 'digest', sms, mail });
  const told = digest.channel === 'sms' ? toldBySms : facts.penalties;
  const isRestSaid = told.length === facts.penalties.length || (told.length === 0 && facts.reminders.length === 0);
  if (!isRestSaid) await promiseRest(app, digest.memberId, addDays(today, 1));
  await markTold(db, digest, told, today, now);
  return undefined;
};

async function readFactsOf({ db }: Pick<App, 'db'>, memberId: string, days: Day[], today: Day): Promise<DigestFacts> {
  const [dues, penalties, ...reminders] = await Promise.all([
    readDues(db, sql`l.member_id = ${memberId}::uuid and l.state = 'active'`, today),
    readUntoldPenalties(db, memberId, days[0] ?? today),
    ...days.map((day) => readReminders(db, memberId, day)),
  ]);
  const due = new Map(dues.map(({ loanId, dueCents }) => [loanId, dueCents]));
  const stands = ({ loanId, dueOn }: Reminder) => due.has(loanId) && (dueOn > today || due.get(loanId) !== 0n); // not paid since it was read
  const each = new Map(reminders.flat().map((reminder) => [`${reminder.loanId}:${reminder.number}`, reminder]));
  return { today, dues, penalties, reminders: [...each.values()].filter(stands) };
}

/** Promises a digest for the next morning with what the SMS had no room for. */
const promiseRest = ({ db }: Pick<App, 'db'>, memberId: string, on: Day) =>
  db.execute(promiseDigestsSql({ from: sql`(select ${memberId}::uuid as member_id) as unsaid`, on, dueAt: morningOf(on) }));

/** Records that a digest was sent, and which penalties it explained. It locks the loans' rows first, as everyone who changes penalties does. */
async function markTold(db: Db, { memberId, channel }: Digest, told: readonly UntoldPenalty[], today: Day, now: Date): Promise<void> {
  await db.batch([
    db.execute(sql`
    update digests set said_at = ${instantSql(now)} where member_id = ${memberId}::uuid and channel = ${channel} and told_on = ${today}::date`),
    ...markExplainedSql(told, today).map((statement) => db.execute(statement)),
  ]);
}
