import { sql } from 'drizzle-orm';
import { newId } from '#ground/db/columns.ts';
import { enqueueSql } from '#ground/outbox/enqueue.ts';
import type { TellStaff } from '../auth/api-keys.ts';

/**
 * A statement that promises the other administrators and treasurers a message about whoever became staff, whose codes may go elsewhere, or about a key that starts
 * money out, so that nobody makes their own second person unseen: by mail, or by SMS where there is no address. `aboutId` is the person or the key, `by` the caller.
 */
export const tellStaffSql: TellStaff = (event, aboutId, { by, now }) =>
  enqueueSql({
    key: sql`${`staff:${newId()}`}::text || ':' || p.id`,
    message: {
      ...{ kind: 'staff_notice', event, aboutId, personId: sql`p.id` },
      channel: sql`case when p.email is null then 'sms' else 'email' end`,
    },
    dueAt: now,
    from: sql`people p where p.role in ('treasurer', 'admin') and p.disabled_at is null and p.id <> ${aboutId}::uuid and 'person:' || p.id <> ${by}`,
  });
