import { expect } from 'vitest';
import { push } from '../world/checkout.ts';
import type { World } from '../world/world.ts';

export type Headers = { authorization: string };
export type Letter = {
  letterId: string;
  kind: string;
  what: string;
  reason: string;
  tries: number | null;
  at: string;
  about: Record<string, unknown>;
  mustStay: string | null;
};

/** The desk of a world, through the real functions. */
export function deskOf(world: World, by: () => Headers) {
  const post = async (path: string, body: unknown = {}, headers = by()) => {
    const response = await world.send('POST', path, { body, headers });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const list = async (query = '', headers = by()) => {
    const response = await world.send('GET', `/api/dead-letters?${query}`, { headers });
    expect(response.status).toBe(200);
    return (await response.json()) as { letters: Letter[]; nextCursor: string | null };
  };
  return {
    post,
    list,
    retry: (id: unknown, headers?: Headers) => post(`/api/dead-letters/${id}/retry`, {}, headers),
    discard: (id: unknown, reason: unknown = 'Nobody needs it', headers?: Headers) =>
      post(`/api/dead-letters/${id}/discard`, { reason }, headers),
    idsOf: async (kind: string) => (await list(`kind=${kind}`)).letters.map(({ letterId }) => letterId),
    tasksOf: (subject: unknown) =>
      world.database.sql<{ kind: string; open: boolean; closed_by: string | null; note: string | null }>(
        'select kind, closed_at is null as open, closed_by, note from reviews where subject = $1 order by opened_at',
        [subject],
      ),
    trailOf: (subject: unknown) =>
      world.database.sql<{ action: string; actor: string; after: unknown }>(
        "select action, actor, after from audit where subject = $1 and action like 'dead_letter%' order by happened_at, id",
        [subject],
      ),
  };
}

let customers = 0;

/** Something bought with a mail that the provider does not take eight times: its letter's id, and whose it is. */
export async function deadMail(world: World): Promise<{ letterId: string; paymentId: string; email: string }> {
  const email = `customer${customers++}@example.com`;
  const { paymentId, prompt } = await push(world, { email });
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.clock.advance(1_000);
  await world.settled();
  world.inbox.failNext(1, 500);
  await giveUp(world, 'invoiceId', paymentId);
  const [letter] = await world.database.sql<{ id: string }>("select id from outbox where message ->> 'invoiceId' = $1", [paymentId]);
  return { letterId: letter?.id ?? '', paymentId, email };
}

/** Lets the next try of a message be its eighth. */
export async function giveUp(world: World, field: 'invoiceId' | 'withdrawalId', id: string): Promise<void> {
  await world.database.sql('update outbox set tries = 7, due_at = $3 where message ->> $1 = $2', [field, id, world.clock.now()]);
  await world.pass(1);
}
