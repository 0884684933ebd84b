import { type SQL, sql } from 'drizzle-orm';
import type { Ground } from '../ground.ts';
import { nairobiDay } from '../time/nairobi.ts';
import { countSms } from './count-sms.ts';

/** A message that a provider took: what it was about, and the text of an SMS. */
export type Sent = { channel: 'sms'; kind: string; text: string } | { channel: 'email'; kind: string };

/** Counts a message on its day in Nairobi, as a statement: the messages themselves are deleted after some time. It counts nothing where `where` is false. */
export function countSentSql(sent: Sent, now: Date, where: SQL = sql`true`): SQL {
  const parts = sent.channel === 'sms' ? countSms(sent.text) : 1;
  return sql`
    insert into sent_days as s (day, channel, kind, messages, parts) select ${nairobiDay(now)}::date, ${sent.channel}, ${sent.kind}, 1, ${parts}::int where ${where}
    on conflict (day, channel, kind) do update set messages = s.messages + 1, parts = s.parts + excluded.parts`;
}

/**
 * Counts a message that a provider took. Never throws, since a message that is sent must not be sent again because nobody could count it; what could not be counted is
 * logged.
 */
export async function countSent({ db, clock, log }: Pick<Ground, 'db' | 'clock' | 'log'>, sent: Sent): Promise<void> {
  const { channel, kind } = sent;
  await db.execute(countSentSql(sent, clock.now())).catch((error: unknown) => log.error('message_not_counted', error, { channel, kind }));
}
