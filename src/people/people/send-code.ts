import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { decrypted, instantSql, readRows } from '#ground/db/rows.ts';
import type { Ground } from '#ground/ground.ts';
import { countSent, countSentSql } from '#ground/notify/count-sent.ts';
import { createSms } from '#ground/notify/create-sms.ts';
import { markIfRefused, markUnreachableSql } from '#ground/notify/unreachable.ts';
import { Refusal } from '#ground/outbox/refusal.ts';
import type { Language } from '#ground/text/language.ts';

/** A code to send, and to whose phone, or to their e-mail. */
export type CodeToSend = { id: string; code: string; phone: string; language: Language };

type World = Pick<Ground, 'config' | 'db' | 'clock' | 'log'>;

const wordsOf = ({ config }: World, { code, language }: Pick<CodeToSend, 'code' | 'language'>) =>
  codeWords(code, { language, organisation: config.organisation.name, siteUrl: config.site.url });

/**
 * Sends a code by SMS. No job repeats it, since a late code is useless: people ask for another. Returns false when the provider refuses the number for good:
 * the number is then marked, with a task if it belongs to somebody in `people`, and the code counts as one that went by e-mail. Throws when the provider did
 * not accept the SMS.
 */
export async function sendCodeBySms(app: World, message: CodeToSend, personId: string | null): Promise<boolean> {
  const { id, phone } = message;
  try {
    await createSms(app.config.sms)?.send({ id, to: phone, text: wordsOf(app, message).text });
    return true;
  } catch (error) {
    if (!(error instanceof Refusal && error.about === 'address')) throw error;
    app.log.warn('code_not_sent', { codeId: id, why: error.message });
    await app.db.batch([
      app.db.execute(sql`update codes_sent set channel = 'email' where id = ${id}::uuid`),
      app.db.execute(markUnreachableSql('sms', phone, { reason: error.message, subject: personId, now: app.clock.now() })),
    ]);
    return false;
  }
}

/**
 * Sends a code by e-mail, to a person whose address we have: the one of this moment, unless it waits because somebody else has changed it. A code that was to go to the one before is ended
 * by its change (access-notices.ts). No job repeats it either. An address that is refused for good is marked. Throws when the mail was not accepted.
 */
export async function sendCodeByMail(app: World, message: CodeToSend, personId: string | null): Promise<void> {
  const { config, log } = app;
  const { id } = message;
  const email = personId && (await readEmail(app, personId));
  if (!email)
    return log.info('code_not_sent', { codeId: id, why: 'no SMS goes there, and there is no e-mail or it waits since it was changed' });
  const { subject, text } = wordsOf(app, message);
  const { createSendGridMailer } = await import('#ground/notify/sendgrid-mailer.ts'); // large, and most sites send SMS
  const html = `<p>${text.split('\n')[0]?.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)}</p>`;
  const mailer = createSendGridMailer(config);
  await markIfRefused(app.db, { channel: 'email', address: email, subject: personId, now: app.clock.now() }, () =>
    mailer.send({ id, to: email, subject, text, html, attachments: [] }),
  );
  await countSent(app, { channel: 'email', kind: 'sign_in_code' });
}

async function readEmail({ db, clock }: Pick<World, 'db' | 'clock'>, personId: string): Promise<string | null> {
  const waits = sql`coalesce(p.email_waits_until > ${instantSql(clock.now())}, false)`;
  const [person] = await readRows(
    db,
    z.object({ email: decrypted('email').nullable() }),
    sql`select p.email from people p where p.id = ${personId}::uuid and not ${waits}`,
  );
  return person?.email ?? null;
}

/** Counts a code that is to go by SMS, as a statement, where `where` says so: before it is sent, since asking for a code is one round trip for everybody. */
export const countCodeSentSql = (app: World, code: Pick<CodeToSend, 'code' | 'language'>, where: SQL): SQL =>
  countSentSql({ channel: 'sms', kind: 'sign_in_code', text: wordsOf(app, code).text }, app.clock.now(), where);

/** The words of a sign-in code, for one SMS or one mail. */
type CodeWords = { subject: string; text: string };

const MINUTES = 10;

/**
 * Words a code in English or Swahili, short enough for one SMS with an organisation's name of usual length. Its last line ties the code to our site, so that a
 * phone offers it there and on no other page.
 */
function codeWords(
  code: string,
  { language, organisation, siteUrl }: { language: Language; organisation: string; siteUrl: string },
): CodeWords {
  const bound = siteUrl.startsWith('https:') ? `\n\n@${new URL(siteUrl).hostname} #${code}` : '';
  if (language === 'sw')
    return {
      subject: `Nambari ya kuingia ${organisation}`,
      text: `${code} ni nambari yako ya kuingia ${organisation}. Inatumika kwa dakika ${MINUTES}. Usimwambie mtu yeyote.${bound}`,
    };
  return {
    subject: `Your code for ${organisation}`,
    text: `${code} is your code for ${organisation}. It works for ${MINUTES} minutes. Do not share it with anyone.${bound}`,
  };
}
