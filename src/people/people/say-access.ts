import { sql } from 'drizzle-orm';
import type * as z from 'zod';
import { decrypt } from '#ground/db/encryption.ts';
import { pick } from '#ground/db/pick.ts';
import { readRows } from '#ground/db/rows.ts';
import type { Ground } from '#ground/ground.ts';
import { countSent } from '#ground/notify/count-sent.ts';
import { createSms } from '#ground/notify/create-sms.ts';
import { frameMail, html, printHtml } from '#ground/notify/html.ts';
import { createSendGridMailer } from '#ground/notify/sendgrid-mailer.ts';
import { isUnreachable, markIfRefused } from '#ground/notify/unreachable.ts';
import { forgetFormerSql } from '#ground/outbox/forget-former.ts';
import type { AccessEvent, Message } from '#ground/outbox/message.ts';
import { Refusal } from '#ground/outbox/refusal.ts';
import type { Language } from '#ground/text/language.ts';
import { accessWords } from './access-words.ts';
import { people } from './people.schema.ts';

export const PERSON = pick(people, 'p', ['id', 'phone', 'email', 'emailWaitsUntil', 'role', 'language', 'disabledAt']);
type Person = z.output<typeof PERSON.row>;
type AccessNotice = Extract<Message, { kind: 'access_notice' }>;

/**
 * Handles `access_notice`: tells a person what became of their access or of what we have of them, as it is now, and where their e-mail was. What is no longer so
 * is not said, and nothing goes to an address that a provider refused for good.
 */
export async function sayAccess(app: Ground, notice: AccessNotice, id: string): Promise<undefined> {
  const { event, personId, channel, formerAddress } = notice;
  const [person] = await readRows(app.db, PERSON.row, sql`select ${PERSON.list} from people p where p.id = ${personId}::uuid`);
  if (!person || !isSo(event, person)) return;
  const address = addressOf(notice, person);
  if (address === null || (await isUnreachable(app.db, channel, address))) return forget();
  const about = { channel, address, subject: formerAddress ? null : personId, now: app.clock.now() };
  try {
    await markIfRefused(app.db, about, () => send(app, { id, event, channel, address }, person));
  } catch (error) {
    if (error instanceof Refusal) await forget();
    throw error;
  }
  await forget();

  async function forget(): Promise<undefined> {
    if (formerAddress) await app.db.execute(forgetFormerSql(sql`id = ${id}::uuid`));
  }
}

const OF_ACCESS: readonly AccessEvent[] = ['invited', 'role_changed', 'enabled'];

/** Whether it is still so: what a person may do, only while they may sign in. */
const isSo = (event: AccessEvent, { disabledAt }: Person): boolean =>
  event === 'disabled' ? disabledAt !== null : disabledAt === null || !OF_ACCESS.includes(event);

function addressOf({ channel, formerAddress }: AccessNotice, { phone, email }: Person): string | null {
  if (formerAddress !== undefined) return formerAddress && decrypt(formerAddress, 'email');
  return channel === 'sms' ? phone : email;
}

type Sending = { id: string; address: string } & Pick<AccessNotice, 'event' | 'channel'>;

function send(app: Ground, { id, event, channel, address }: Sending, person: Person): Promise<void> {
  const { organisation, site } = app.config;
  const language = person.language ?? 'en';
  const { role, emailWaitsUntil: until } = person;
  const codesFrom = until && until > app.clock.now() ? until : undefined;
  const about = { role, organisation: organisation.name, siteUrl: site.url, ...(codesFrom && { codesFrom }) };
  const { subject, text } = accessWords(event, language, about);
  return sendWords(app, { id, channel, address, kind: `access_${event}` }, { subject, text, language });
}

type Words = { subject: string; text: string; language: Language };

/** Sends words by SMS, where that is set up, or as a mail, and counts them as a message of their kind. */
export async function sendWords(app: Ground, to: Omit<Sending, 'event'> & { kind: string }, words: Words): Promise<void> {
  const { channel, kind } = to;
  if (channel === 'sms' && app.config.sms.provider === 'none') return;
  await dispatch(app, to, words);
  await countSent(app, { channel, kind, text: words.text });
}

function dispatch({ config }: Ground, { id, channel, address }: Omit<Sending, 'event'>, words: Words): Promise<void> | undefined {
  const { subject, text, language } = words;
  if (channel === 'sms') return createSms(config.sms)?.send({ id, to: address, text });
  const { colour } = config.organisation;
  const page = frameMail({ title: subject, language, colour }, html`<p class="text" style="margin:0;color:#1a1a1a">${text}</p>`);
  return createSendGridMailer(config).send({ id, to: address, subject, text, html: printHtml(page), attachments: [] });
}
