import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import * as z from 'zod';
import { addPerson } from '#people/people/manage-people.ts';
import { WEBHOOK_EVENTS } from '../../dev/openapi/webhook-events.ts';
import { newPhone } from '../world/checkout.ts';
import { sessionOf } from '../world/person.ts';
import type { World } from '../world/world.ts';

/** The body of an event. */
export type Event = { id: string; type: string; timestamp: string; version: number; data: Record<string, unknown> & { object: string } };

/** A request as a server of the organisation's heard it. */
export type Heard = { headers: IncomingMessage['headers']; body: string; event: Event };

type Answering = (response: ServerResponse, heard: Heard) => void;

const yes: Answering = (response) => void response.writeHead(204).end();

/** What of an event the API's description does not say. */
function misfitsOf(event: Event): string[] {
  const shape: z.ZodType | undefined = WEBHOOK_EVENTS[event.type.split('.')[0] as keyof typeof WEBHOOK_EVENTS];
  const error = shape?.safeParse(event).error;
  return shape && !error ? [] : [`${JSON.stringify(event)}\n${error ? z.prettifyError(error) : 'no such event'}`];
}

/** A server of the organisation's: it keeps what it hears, and answers as it is told to. When it stops it throws if it has heard what dev/openapi does not describe. */
export async function startReceiver(answer: Answering = yes) {
  const heard: Heard[] = [];
  const misfits: string[] = [];
  let answering = answer;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request.setEncoding('utf8')) body += piece;
    const one = { headers: request.headers, body, event: JSON.parse(body) as Event };
    heard.push(one);
    misfits.push(...misfitsOf(one.event));
    answering(response, one);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`,
    heard,
    /** The events that it heard of, about one object where one is named. */
    events: (id?: string) => heard.map(({ event }) => event).filter(({ data }) => id === undefined || JSON.stringify(data).includes(id)),
    answers: (next: Answering) => {
      answering = next;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
      if (misfits.length > 0) throw new Error(`Events that dev/openapi/webhook-events.ts does not describe:\n${misfits.join('\n')}`);
    },
  };
}
export type Receiver = Awaited<ReturnType<typeof startReceiver>>;

/** Answers with a status and nothing more. */
export const status =
  (code: number): Answering =>
  (response) =>
    void response.writeHead(code).end();

/** Whether one of the signatures of a request is by this secret. */
export function isSignedBy(secret: string, { headers, body }: Pick<Heard, 'headers' | 'body'>): boolean {
  const sentAt = new Date(Number(headers['webhook-timestamp']) * 1000);
  const own = new Webhook(secret).sign(String(headers['webhook-id']), sentAt, body);
  return String(headers['webhook-signature']).split(' ').includes(own);
}

type Headers = Record<string, string>;
export type Endpoint = { webhookId: string; secret: string } & Record<string, unknown>;

/** An administrator of a world, who signs in anew for each request: tests let days pass. */
export async function administrator(world: World): Promise<() => Promise<Headers>> {
  const phone = newPhone();
  await addPerson(world.app.db, { phone, name: 'An admin', email: undefined, role: 'admin' }, { actor: 'test', now: world.clock.now() });
  return () => sessionOf(world, phone);
}

/** The webhooks of a world through the real functions, in the name of whoever `by` gives. */
export function webhooksOf(world: World, by: () => Headers | Promise<Headers>) {
  const ask = async (method: string, path: string, body?: unknown, headers?: Headers) => {
    const response = await world.send(method, `/api/webhooks${path}`, {
      headers: headers ?? (await by()),
      ...(body !== undefined && { body }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  return {
    ask,
    create: async (url: string, events = ['*']) => (await ask('POST', '', { url, events })).body as Endpoint,
    change: (id: string, what: Record<string, unknown>) => ask('POST', `/${id}`, what),
    replay: (id: string, what: Record<string, unknown>) => ask('POST', `/${id}/replay`, what),
    read: async (id: string) => (await ask('GET', `/${id}`)).body,
    log: async (id: string, query = '') => (await ask('GET', `/${id}/deliveries?${query}`)).body.deliveries as Record<string, unknown>[],
    tasks: (id: string) =>
      world.database.sql<{ kind: string; open: boolean; words: string; note: string | null }>(
        "select kind, closed_at is null as open, words, note from reviews where subject = $1 and kind like 'webhook%' order by opened_at",
        [id],
      ),
  };
}

/** Has something happen that endpoints are told of, without money: an event about a payment that is there. */
export async function happen(world: World, subject: string, action = 'payment_paid'): Promise<string> {
  const [row] = await world.database.sql<{ id: string }>(
    `insert into audit (id, actor, action, subject, happened_at) values (new_id_1(), 'test', $1, $2, $3) returning id`,
    [action, subject, world.clock.now()],
  );
  return row?.id ?? '';
}
