import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import * as z from 'zod';
import { inNairobi, NoMoment, readLaterMoment } from './read-moment.ts';
import { worldNow } from './travel.ts';

export const CLOCK_PATH = '/local/clock';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

const Order = z.strictObject({ to: z.string().max(40) });

/**
 * Serves `npm run clock`: answers the time in the local world, or moves its clock on, by about a day at most. Where that is not enough, `onTo` is the time to
 * ask for next. Only JSON is accepted: a page of another origin cannot send that without a preflight request.
 */
export async function serveClock(
  request: IncomingMessage,
  response: ServerResponse,
  travel: ((to: Date) => Promise<void>) | undefined,
): Promise<void> {
  const say = (status: number, body: object) =>
    void response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(JSON.stringify(body));
  if (request.method === 'GET') return say(200, { now: worldNow(), nairobi: inNairobi(worldNow()) });
  if (request.method !== 'POST' || request.headers['content-type'] !== 'application/json')
    return say(405, { detail: 'GET, or POST with JSON.' });
  if (!travel) return say(409, { detail: "Safaricom's sandbox goes by the real time: the clock is moved with the simulator only." });
  const order = Order.safeParse(await json(request).catch(() => undefined));
  if (!order.success) return say(400, { detail: 'Say to when: {"to": "2026-12-01 08:05"} or {"to": "+1d"}.' });
  try {
    const now = worldNow();
    const to = readLaterMoment(order.data.to, now);
    // `onTo` is written in minutes, so a rest below a minute cannot wait for the next request
    const stop = to.getTime() - now.getTime() < DAY_MS + MINUTE_MS ? to : new Date(now.getTime() + DAY_MS);
    await travel(stop);
    say(200, { now: worldNow(), nairobi: inNairobi(worldNow()), ...(stop < to && { onTo: inNairobi(to) }) });
  } catch (error) {
    if (!(error instanceof NoMoment)) throw error;
    return say(400, { detail: error.message });
  }
}
