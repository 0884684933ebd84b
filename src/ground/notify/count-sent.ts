import { sql } from 'drizzle-orm';
import type { Ground } from '../ground.ts';
import { nairobiDay } from '../time/nairobi.ts';
import { countSms } from './count-sms.ts';

/** A message that a provider took: what it was about, and the text of an SMS. */
export type Sent = { channel: 'sms'; kind: string; text: string } | { channel: 'email'; kind: string };

/**
 * Counts a message that a provider took, on its day in Nairobi: the messages themselves are deleted after some time. Never throws, since a message that is sent must not be
 * sent again because nobody could count it; what could not be counted is logged.
 */
export async function countSent({ db, clock, log }: Pick<Ground, 'db' | 'clock' | 'log'>, sent: Sent): Promise<void> {
  const parts = sent.channel === 'sms' ? countSms(sent.text) : 1;
  await db
    .execute(sql`
    insert into sent_days as s (day, channel, kind, messages, parts) values (${nairobiDay(clock.now())}::date, ${sent.channel}, ${sent.kind}, 1, ${parts}::int)
    on conflict (day, channel, kind) do update set messages = s.messages + 1, parts = s.parts + excluded.parts`)
    .catch((error: unknown) => log.error('message_not_counted', error, { channel: sent.channel, kind: sent.kind, parts }));
}
