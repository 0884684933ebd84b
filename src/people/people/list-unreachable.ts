import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { countSql, isCounted, listInput, skippedBy, takePage } from '#ground/db/page.ts';
import { decrypted, inOneBatch, instant } from '#ground/db/rows.ts';
import type { Ground } from '#ground/ground.ts';
import { CHANNELS } from '#ground/outbox/message.ts';

export const ListUnreachableInput = listInput(
  { channel: z.enum(CHANNELS).optional(), offset: z.coerce.number().int().min(0).max(100_000).optional() },
  500,
  100,
).refine(({ offset, page }) => offset === undefined || page === undefined, {
  path: ['page'],
  message: 'Send page or offset, not both: each says where the page begins.',
});

const Row = z.object({
  ...{ channel: z.enum(CHANNELS), reason: z.string(), refusedAt: instant },
  ...{ personId: z.uuid().nullable(), name: decrypted('name').nullable() },
});

/**
 * The phones and e-mail addresses that a provider has refused for good, latest first: with the person whose phone it is, where it is one
 * of ours. An address itself is not readable: only its hash is kept.
 */
export async function listUnreachable({ db }: Pick<Ground, 'db'>, input: z.output<typeof ListUnreachableInput>) {
  const { channel, limit, offset = skippedBy(input) } = input;
  const wanted = channel ? sql`u.channel = ${channel}` : sql`true`;
  const answered = await inOneBatch(db, [
    sql`
    select u.channel, u.reason, u.refused_at, p.id as person_id, p.name from unreachable u left join people p on p.phone_hash = u.address_hash
    where ${wanted} order by u.refused_at desc, u.address_hash limit ${limit + 1} offset ${offset}`,
    ...(isCounted(input) ? [countSql(sql`from unreachable u where ${wanted}`)] : []),
  ]);
  const { rows, hasMore, totals } = takePage(Row, input, answered);
  const unreachable = rows.map(({ refusedAt, personId, name, ...mark }) => ({
    ...{ ...mark, refusedAt: refusedAt.toISOString(), person: personId === null ? null : { personId, name } },
  }));
  return { unreachable, nextOffset: hasMore ? offset + limit : null, ...totals };
}
