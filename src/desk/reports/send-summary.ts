import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { decrypted, instant, readRows } from '#ground/db/rows.ts';
import { countSent } from '#ground/notify/count-sent.ts';
import { createSendGridMailer } from '#ground/notify/sendgrid-mailer.ts';
import { isUnreachable, markIfRefused } from '#ground/notify/unreachable.ts';
import type { Deliverers } from '#ground/outbox/delivery/drain.ts';
import { LANGUAGES } from '#ground/text/language.ts';
import { addDays, nairobiDay } from '#ground/time/nairobi.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { composeSummary } from './compose-summary.ts';
import { summaries } from './read-daily-summary.ts';
import { readFloat } from './read-float.ts';

const Operator = z.object({
  email: decrypted('email'),
  language: z.enum(LANGUAGES),
  openTasks: z.number(),
  oldestTaskAt: instant.nullable(),
});

/**
 * Sends the message `daily_summary` to an operator, in the language that they have as a member, else in English. Who is no operator any more, has no e-mail or was
 * refused by the provider gets none, and nobody gets it on a later day.
 */
export const sendSummary: Deliverers<App>['daily_summary'] = async (app, { personId, on }, id) => {
  const { config, db } = app;
  const now = app.clock.now();
  if (nairobiDay(now) > addDays(on, 1)) return undefined;
  const [operator] = await readRows(
    db,
    Operator,
    sql`
    select p.email, coalesce(m.language, 'en') as language, t.open_tasks, t.oldest_task_at
    from people p left join members m on m.person_id = p.id
      cross join (select count(*)::int as open_tasks, min(r.opened_at) as oldest_task_at from reviews r where r.closed_at is null) t
    where p.id = ${personId}::uuid and p.role in ('treasurer', 'admin') and p.disabled_at is null and p.email is not null`,
  );
  if (!operator || (await isUnreachable(db, 'email', operator.email))) return undefined;
  const { email, language, ...tasks } = operator;
  const [[day], float] = await Promise.all([summaries(app, { from: on, to: on }), readFloat(app, { from: on, to: on, format: 'json' })]);
  const floats = 'now' in float ? float.now : [];
  const mail = composeSummary({ on, day, floats, tasks }, { language, organisation: config.organisation });
  await markIfRefused(db, { channel: 'email', address: email, subject: personId, now }, () =>
    createSendGridMailer(config).send({ id, to: email, ...mail, attachments: [] }),
  );
  await countSent(app, { channel: 'email', kind: 'daily_summary' });
  return undefined;
};
