import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import type { OpenCall } from '#ground/call.ts';
import { newId } from '#ground/db/columns.ts';
import { lookupHash } from '#ground/db/encryption.ts';
import { refusalOf } from '#ground/db/errors.ts';
import { inOneBatch, instantSql, rowOf } from '#ground/db/rows.ts';
import { AppError, isErrorCode } from '#ground/errors.ts';
import type { Ground } from '#ground/ground.ts';
import { networkHash } from '#ground/limits/network.ts';
import { isUnreachableSql } from '#ground/notify/unreachable.ts';
import { LANGUAGES } from '#ground/text/language.ts';
import { PhoneNumber } from '#ground/text/phone.ts';
import { type CodeToSend, countCodeSentSql, sendCodeByMail, sendCodeBySms } from './send-code.ts';
import { codeHash, countCodeSql } from './sign-in-codes.ts';

const LIFE_MINUTES = 10;

/** About as long as a provider takes, so that the response time does not reveal who is disabled. */
const AS_IF_SENT_MS = 400;

const SENTENCES: Record<string, string> = {
  too_many_codes: 'This phone has had too many codes. Try again in ten minutes, or tomorrow if it has reached its number for a day.',
  too_many_requests: 'Too many codes were requested from your network. Try again in an hour, or tomorrow.',
  daily_cap: 'No more codes are sent today. Try again tomorrow or write to us.',
};

const ANSWERS = {
  sms: 'If this number can sign in, a code is on its way. It works for ten minutes.',
  email:
    'If we know an e-mail of the owner of this number, the code goes there. Look in a minute, and ask again or write to us if it is not there.',
  refused:
    'This number takes no SMS from us: its owner has blocked them, or it is no mobile. If we know an e-mail of its owner, the code goes there; else write to us.',
};

/** Whose phone is to be proved, and the language of the code. */
export const CodeInput = z.strictObject({ phoneNumber: PhoneNumber, language: z.enum(LANGUAGES).default('en') });

const Standing = z.object({
  personId: z.uuid().nullable(),
  disabled: z.boolean(),
  refused: z.boolean(),
});

/**
 * Sends a sign-in code, in one round trip. The answer says what became of the code, the same whether we know the number or not. A new code replaces the last
 * one that was requested from the same network. Throws `too_many_codes`, `too_many_requests`, `daily_cap`, which count nothing, and `provider_unavailable`.
 */
export async function requestCode(app: Ground, { phoneNumber, language }: z.output<typeof CodeInput>, call: OpenCall) {
  const now = app.clock.now();
  const id = newId();
  const code = randomInt(1_000_000).toString().padStart(6, '0');
  const phoneHash = lookupHash(phoneNumber);
  const network = networkHash(call.address);
  const isOn = app.config.sms.provider !== 'none';
  const statements = [
    ...countCodeSql({ phoneHash, network, limits: app.config.limits, now }),
    keepCodeSql({ id, phoneHash, network, hash: codeHash(phoneNumber, code), isOn, now }),
    ...(isOn ? [countCodeSentSql(app, { code, language }, mayGetSms(phoneHash))] : []),
    sql`select p.id as person_id, p.disabled_at is not null as disabled, ${isUnreachableSql('sms', sql`${phoneHash}`)} as refused
      from (select) as always left join people p on p.phone_hash = ${phoneHash}`,
  ];
  const results = await inOneBatch(app.db, statements).catch(explainRefusal);
  const { personId, disabled, refused } = rowOf(Standing, results.at(-1)?.rows);
  const message: CodeToSend = { id, code, phone: phoneNumber, language };
  const byMail = async () => (disabled ? sayNothing(app, id) : sendCodeByMail(app, message, personId));
  const answer = (said: keyof typeof ANSWERS) => {
    if (said !== 'sms') call.later(byMail);
    return { message: ANSWERS[said] };
  };
  if (!isOn) return answer('email');
  if (refused) return answer('refused');
  if (disabled) {
    sayNothing(app, id);
    await pause(AS_IF_SENT_MS);
    return answer('sms');
  }
  const wasTaken = await sendCodeBySms(app, message, personId).catch((error: unknown) => {
    app.log.error('code_not_sent', error, { codeId: id });
    throw new AppError('provider_unavailable', 'The code could not be sent just now. Try again in a minute.');
  });
  return answer(wasTaken ? 'sms' : 'refused');
}

/** Whether a code goes to a phone by SMS: its provider has not refused it, and nobody has disabled its person. */
const mayGetSms = (phoneHash: string): SQL => sql`
  not ${isUnreachableSql('sms', sql`${phoneHash}`)} and not exists (select from people d where d.phone_hash = ${phoneHash} and d.disabled_at is not null)`;

const sayNothing = ({ log }: Pick<Ground, 'log'>, codeId: string): void =>
  log.info('code_not_sent', { codeId, why: 'the person is disabled' });

type Kept = { id: string; phoneHash: string; network: string; hash: string; isOn: boolean; now: Date };

const keepCodeSql = ({ id, phoneHash, network, hash, isOn, now }: Kept): SQL => sql`
  insert into codes_sent (phone_hash, network_hash, id, code_hash, channel, tries, expires_at)
  values (${phoneHash}, ${network}, ${id}::uuid, ${hash},
    case when ${isOn}::boolean and not ${isUnreachableSql('sms', sql`${phoneHash}`)} then 'sms' else 'email' end,
    0, ${instantSql(now)} + ${LIFE_MINUTES}::int * interval '1 minute')
  on conflict (phone_hash, network_hash) do update
  set id = excluded.id, code_hash = excluded.code_hash, channel = excluded.channel, tries = 0, expires_at = excluded.expires_at, used_at = null`;

function explainRefusal(error: unknown): never {
  const code = refusalOf(error)?.code ?? '';
  const sentence = SENTENCES[code];
  if (sentence && isErrorCode(code)) throw new AppError(code, sentence);
  throw error;
}
