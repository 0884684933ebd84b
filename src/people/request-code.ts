import { randomInt } from 'node:crypto';
import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import type { App } from '../app.ts';
import type { Call, Reply } from '../call.ts';
import { newId } from '../db/columns.ts';
import { lookupHash } from '../db/encryption.ts';
import { refusalOf } from '../db/errors.ts';
import { decrypted } from '../db/rows.ts';
import { AppError, isErrorCode } from '../errors.ts';
import { countDailySql } from '../limits/count-daily.ts';
import { countSlidingSql, type SlidingLimit } from '../limits/count-sliding.ts';
import { PhoneNumber } from '../payments/phone.ts';
import { codeHash } from './code-hash.ts';
import { sendCode } from './send-code.ts';

const LIFE_MINUTES = 10;

/** Per phone: three codes in ten minutes and ten a day, so that nobody's phone is flooded. */
const PHONE_LIMITS: SlidingLimit[] = [
  { minutes: 10, most: 3 },
  { minutes: 24 * 60, most: 10 },
];

/** Per client address: twenty an hour, whatever the phones. */
const ADDRESS_LIMITS: SlidingLimit[] = [{ minutes: 60, most: 20 }];

const SENTENCES: Record<string, string> = {
  too_many_codes: 'This phone has had too many codes. Try again in ten minutes; after ten in a day, tomorrow.',
  too_many_requests: 'Too many codes were asked for from your network. Try again in an hour.',
  daily_cap: 'No more codes are sent today. Try again tomorrow or write to us.',
};

/** Whose phone is to be proved, and the language of the code. */
export const CodeInput = z.strictObject({ phoneNumber: PhoneNumber, language: z.enum(['en', 'sw']).default('en') });

const Standing = z.object({ email: decrypted('email').nullable(), disabled: z.boolean() });

/**
 * Sends a code for signing in; one round trip. Every phone gets the same answer in the same time, whether we know it or not: the code leaves after the answer. A
 * new code replaces the one before. Throws `too_many_codes`, `too_many_requests`, `daily_cap`; what is refused consumes nothing.
 */
export async function requestCode(app: App, { phoneNumber, language }: z.output<typeof CodeInput>, call: Call): Promise<Reply> {
  const now = app.clock.now();
  const id = newId();
  const code = randomInt(1_000_000).toString().padStart(6, '0');
  const phoneHash = lookupHash(phoneNumber);
  const results = await app.db
    .batch([
      app.db.execute(countSlidingSql(`code:${phoneHash}`, PHONE_LIMITS, 'too_many_codes', now)),
      app.db.execute(countSlidingSql(`code-address:${lookupHash(call.address)}`, ADDRESS_LIMITS, 'too_many_requests', now)),
      app.db.execute(countDailySql('codes', app.config.limits.codesPerDay, now)),
      app.db.execute(keepCodeSql({ id, phoneHash, hash: codeHash(phoneNumber, code), now })),
      app.db.execute(sql`
        select p.email, p.disabled_at is not null as disabled from (select) as always left join people p on p.phone_hash = ${phoneHash}`),
    ])
    .catch(explainRefusal);
  const { email, disabled } = Standing.parse(results.at(-1)?.rows[0]);
  const after = async () => {
    if (disabled) app.log.info('code_not_sent', { codeId: id, why: 'the person is disabled' });
    else await sendCode(app, { id, code, phone: phoneNumber, email, language });
  };
  return { status: 202, json: { message: 'If this number can sign in, a code is on its way. It works for ten minutes.' }, after };
}

const keepCodeSql = ({ id, phoneHash, hash, now }: { id: string; phoneHash: string; hash: string; now: Date }): SQL => sql`
  insert into sign_in_codes (phone_hash, id, code_hash, tries, expires_at)
  values (${phoneHash}, ${id}::uuid, ${hash}, 0, ${now.toISOString()}::timestamptz + ${LIFE_MINUTES}::int * interval '1 minute')
  on conflict (phone_hash) do update set id = excluded.id, code_hash = excluded.code_hash, tries = 0, expires_at = excluded.expires_at, used_at = null`;

function explainRefusal(error: unknown): never {
  const code = refusalOf(error)?.code ?? '';
  const sentence = SENTENCES[code];
  if (sentence && isErrorCode(code)) throw new AppError(code, sentence);
  throw error;
}
