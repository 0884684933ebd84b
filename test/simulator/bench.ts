import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SimulatorOptions } from '../../dev/daraja/options.ts';
import { createSimulator, type Simulator } from '../../dev/daraja/simulator.ts';
import { createVirtualClock, type VirtualClock } from '../../dev/virtual-clock.ts';

/** 21 November 2026, 15:15:30.400 in Nairobi. */
const START = new Date('2026-11-21T12:15:30.400Z');
const PASSKEY = 'bfb279f9aa9bdbcf158e97dd71a467cd2e0c893059b10f78e6b72ada1ed2c919';
export const PERSON = '254712345678';

export type Callback = { url: string; text: string; headers: IncomingHttpHeaders; at: Date };
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
export type Reply = { status: number; text: string; body: any };
/** A simulator on a virtual clock, a merchant's callback address, and a client that signs as Daraja wants. */
export type Bench = Awaited<ReturnType<typeof createBench>>;

const TIMESTAMP = '20261121151530';

/** The Password of the public sandbox merchant at TIMESTAMP. */
export const password = (passkey = PASSKEY) => Buffer.from(`174379${passkey}${TIMESTAMP}`).toString('base64');

export async function createBench(options: SimulatorOptions = {}) {
  const clock: VirtualClock = createVirtualClock(START);
  const simulator: Simulator = await createSimulator({ clock, ...options });
  const callbacks: Callback[] = [];
  const answers = new Map<string, () => Promise<{ status: number; text: string }>>();
  const receiver = createServer(async (request, response) => {
    let text = '';
    for await (const part of request) text += part;
    callbacks.push({ url: request.url ?? '', text, headers: request.headers, at: clock.now() });
    const own = await answers.get(request.url ?? '')?.();
    if (own !== undefined) response.writeHead(own.status).end(own.text);
    else if (request.url?.startsWith('/moved')) response.writeHead(302, { location: '/callback' }).end();
    else response.writeHead(request.url?.startsWith('/broken') ? 500 : 200).end('{}');
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const callbackUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/callback`;

  async function send(path: string, init: RequestInit = {}): Promise<Reply> {
    const response = await fetch(simulator.url + path, init);
    const text = await response.text();
    return { status: response.status, text, body: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : null };
  }
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    send(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const basic = (key = 'local-key', secret = 'local-secret') => ({ Authorization: `Basic ${btoa(`${key}:${secret}`)}` });
  const askToken = (headers: Record<string, string> = basic(), query = '?grant_type=client_credentials') =>
    send(`/oauth/v1/generate${query}`, { headers });
  const token = async (): Promise<string> => (await askToken()).body.access_token;

  const pushFields = (changes: Record<string, unknown> = {}) => ({
    BusinessShortCode: 174379,
    Password: password(),
    Timestamp: TIMESTAMP,
    TransactionType: 'CustomerPayBillOnline',
    Amount: 350,
    PartyA: changes.PhoneNumber ?? PERSON,
    PartyB: 174379,
    PhoneNumber: PERSON,
    CallBackURL: callbackUrl,
    AccountReference: 'INV-7',
    TransactionDesc: 'Coffee',
    ...changes,
  });
  let held: { value: string; until: number } | undefined;
  async function bearer() {
    if (!held || held.until < clock.now().getTime()) held = { value: await token(), until: clock.now().getTime() + 3_500_000 };
    return { Authorization: `Bearer ${held.value}` };
  }
  const push = async (changes: Record<string, unknown> = {}) =>
    post('/mpesa/stkpush/v1/processrequest', pushFields(changes), await bearer());
  const query = async (id: string, changes: Record<string, unknown> = {}) =>
    post(
      '/mpesa/stkpushquery/v1/query',
      { BusinessShortCode: '174379', Password: password(), Timestamp: TIMESTAMP, CheckoutRequestID: id, ...changes },
      await bearer(),
    );

  return {
    ...{
      clock,
      simulator,
      control: simulator.control,
      callbacks,
      callbackUrl,
      /** What the merchant answers at a path; a promise that never ends is a merchant who never answers. */
      answerAt: (path: string, text: string | Promise<string>, status = 200) =>
        answers.set(path, async () => ({ status, text: await text })),
      send,
      post,
      basic,
      askToken,
      token,
      bearer,
      pushFields,
      push,
      query,
    },
    async [Symbol.asyncDispose]() {
      await simulator.stop();
      receiver.closeAllConnections();
      receiver.close();
    },
  };
}

/** The callback's content, its numbers as JavaScript reads them. */
export const contentOf = (callback: Pick<Callback, 'text'> | undefined) => JSON.parse(callback?.text ?? '{}').Body?.stkCallback;
