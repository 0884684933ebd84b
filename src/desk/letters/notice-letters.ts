import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { decryptedIfCan, instant, rowsOf } from '#ground/db/rows.ts';
import { shillings } from '#ground/money/cents.ts';
import { type C2bNotice, parseC2bNotice } from '#mpesa/daraja/parse-c2b.ts';
import { readConfirmation } from '#mpesa/paybill/settle-confirmation.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { type Letters, pageSql, TASK_OF } from './letter.ts';

const READABLE = 'It can be read now, and may be money that came: retry it.';
const LOCKED = 'It is encrypted under a key that is not in ENCRYPTION_KEYS, and may be money that came: put the key back, then retry it.';

const Row = z.object({ id: z.uuid(), openedAt: instant, body: decryptedIfCan('body'), receivedAt: instant });

/** Paybill notices that booked nothing and whose task is open. Of their words only receipt, short code and amount are shown. */
export const noticeLetters: Letters = {
  select: (page) => sql`
    select e.id, r.opened_at, e.body, e.received_at
    from reviews r join evidence e on e.id = case when r.subject ~ '^[0-9a-f-]{36}$' then r.subject::uuid end
    where r.kind = ${TASK_OF.notice} and r.closed_at is null ${pageSql(sql`r.opened_at`, sql`e.id`, page)}`,
  read: (rows, app) =>
    rowsOf(Row, rows).map(({ id, openedAt, body, receivedAt }) => {
      const notice = parseC2bNotice(body ?? '');
      const { transactionId: receipt = null, shortcode = null, amountCents } = notice;
      const mustStay = noticeMustStay(app, body, receivedAt);
      return {
        ...{ letterId: id, kind: 'notice', what: 'A paybill notice that booked nothing.', tries: null, at: openedAt, mustStay },
        ...{
          reason: mustStay ?? whyUnread(notice),
          about: { receipt, shortcode, amount: amountCents ? shillings(amountCents) : null },
        },
      };
    }),
};

/** Why a notice cannot be discarded: it can be read, or could with a key that is missing (`body` is null then), and what it says would be lost. Null where it can. */
export function noticeMustStay(app: Pick<App, 'config'>, body: string | null, heardAt: Date): string | null {
  if (body === null) return LOCKED;
  return typeof readConfirmation(app, parseC2bNotice(body), body, heardAt) === 'string' ? null : READABLE;
}

function whyUnread({ transactionId, amountCents, shortcode }: C2bNotice): string {
  const missing = [
    ...(transactionId === undefined ? ['no receipt'] : []),
    ...(amountCents === undefined ? ['no amount'] : []),
    ...(shortcode === undefined ? ['no short code'] : []),
  ];
  if (missing.length > 0) return `It cannot be read: it has ${missing.join(', ')} as M-PESA writes them.`;
  return `It is about ${shortcode}, which is none of our short codes: add it to MPESA_SHORTCODES if it is.`;
}
