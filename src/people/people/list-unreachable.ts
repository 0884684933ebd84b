import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { decrypted, instant, readRows } from '#ground/db/rows.ts';
import type { Ground } from '#ground/ground.ts';
import { CHANNELS } from '#ground/outbox/message.ts';

export const ListUnreachableInput = z.strictObject({
  channel: z.enum(CHANNELS).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  offset: z.coerce.number().int().min(0).max(100_000).default(0),
});

const Row = z.object({
  ...{ channel: z.enum(CHANNELS), reason: z.string(), refusedAt: instant },
  ...{ personId: z.uuid().nullable(), name: decrypted('name').nullable() },
});

/**
 * The phones and e-mail addresses that a provider has refused for good, latest first: with the person whose phone it is, where it is one
 * of ours. An address itself is not readable: only its hash is kept.
 */
export async function listUnreachable({ db }: Pick<Ground, 'db'>, { channel, limit, offset }: z.output<typeof ListUnreachableInput>) {
  const rows = await readRows(
    db,
    Row,
    sql`
    select u.channel, u.reason, u.refused_at, p.id as person_id, p.name from unreachable u left join people p on p.phone_hash = u.address_hash
    where ${channel ? sql`u.channel = ${channel}` : sql`true`} order by u.refused_at desc, u.address_hash limit ${limit + 1} offset ${offset}`,
  );
  const unreachable = rows.slice(0, limit).map(({ refusedAt, personId, name, ...mark }) => ({
    ...{ ...mark, refusedAt: refusedAt.toISOString(), person: personId === null ? null : { personId, name } },
  }));
  return { unreachable, nextOffset: rows.length > limit ? offset + limit : null };
}
