import { type SQL, sql } from 'drizzle-orm';
import { countSent } from '#ground/notify/count-sent.ts';
import { frameMail, html, printHtml } from '#ground/notify/html.ts';
import type { Mailer } from '#ground/notify/sendgrid-mailer.ts';
import type { Deliverers } from '#ground/outbox/delivery/drain.ts';
import { enqueueSql } from '#ground/outbox/enqueue.ts';
import type { AlertSubject } from '#ground/outbox/message.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { addressOfOperator, operatorsSql } from '#people/people/operators.ts';
import { readAlertText } from './alert-text.ts';

/** Promises the mail of an alert to each operator, once per `key`. */
export const mailOperatorsSql = (app: Pick<App, 'config'>, about: AlertSubject, key: string, now: Date): SQL =>
  enqueueSql({
    key: sql`${key}::text || ':' || operator`,
    message: { kind: 'alert_mail', to: sql`operator`, about },
    dueAt: now,
    from: sql`(${operatorsSql(app.config)}) operators`,
  });

/** Delivers `alert_mail`, in English as tasks are; to nobody who is no operator any more. */
export const sendAlertMail =
  (mailer: Mailer): Deliverers<App>['alert_mail'] =>
  async (app, { to, about }, id) => {
    const [address, text] = [await addressOfOperator(app, to), await readAlertText(app, about)];
    if (!address || !text) return undefined;
    const { name, colour } = app.config.organisation;
    const { subject, paragraphs, url } = text;
    const ending = `You get this e-mail because you look after the payments of ${name}.`;
    const title = `${name}: ${subject}`;
    const content = html`${paragraphs.map((each) => html`<p class="text" style="margin:0 0 12px;color:#1a1a1a">${each}</p>\n`)}<p style="margin:0 0 12px"><a class="text" href="${url}">${url}</a></p>
<p class="text" style="margin:24px 0 0;font-size:13px;color:#59625b">${ending}</p>`;
    await mailer.send({
      ...{ id, to: address, subject: title, attachments: [] },
      text: [...paragraphs, url, ending].join('\n\n'),
      html: printHtml(frameMail({ title, language: 'en', colour }, content)),
    });
    await countSent(app, { channel: 'email', kind: 'alert' });
    return undefined;
  };
