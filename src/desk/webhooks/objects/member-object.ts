import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { instant, rowsOf } from '#ground/db/rows.ts';
import { memberNumber } from '#sacco/members/member-number.ts';
import { type EventObjects, idsSql, printed, VERSION, Versioned } from './event-object.ts';

const Row = Versioned.extend({ number: z.number(), language: z.string(), joinedAt: instant });

/** A member, by number: who they are is read by id, by whoever may (GET /api/members/:id). */
export const memberObjects: EventObjects = {
  select: (ids) => sql`select ${VERSION}, m.id, m.number, m.language, m.joined_at from members m where m.id = ${idsSql(ids)}`,
  read: (rows) =>
    rowsOf(Row, rows).map(({ id, version, number, language, joinedAt }) => ({
      ...{ id, version },
      state: { object: 'member', memberId: id, memberNumber: memberNumber(number), language, joinedAt: printed(joinedAt) },
    })),
};
