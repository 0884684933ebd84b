import type { App } from '#mpesa/wiring/app.ts';
import { type Claimed, claimDeliveries } from './claim-deliveries.ts';
import { composeEvents } from './compose-events.ts';
import type { Endpoint } from './endpoint.ts';
import { type Outcome, recordOutcomes } from './record-outcomes.ts';
import { isWell, sendEvent } from './send-event.ts';
import { shareEvents } from './share-events.ts';

const BATCH = 20;
const AT_ONCE = 4;
const FAILURES_IN_A_ROW = 2;

/**
 * Tells endpoints of events, all endpoints at the same time and each by itself: one that is slow, away or hostile delays no other. What is claimed is sent, then marked,
 * with no lock held meanwhile: at least once, under the same id. An endpoint that fails is left alone for longer and longer, and asked with one event at a time.
 */
export async function deliverWebhooks(app: App, deadline: Date): Promise<{ delivered: number; failed: number }> {
  const done = { delivered: 0, failed: 0 };
  await Promise.all(
    (await shareEvents(app, deadline)).map(async (endpoint) => {
      try {
        await deliverTo(app, endpoint, deadline, done);
      } catch (error) {
        app.log.error('webhooks_not_delivered', error, { webhookId: endpoint.id });
      }
    }),
  );
  return done;
}

async function deliverTo(app: App, endpoint: Endpoint, deadline: Date, done: { delivered: number; failed: number }): Promise<void> {
  let at = endpoint;
  while (app.clock.now() < deadline) {
    const most = at.failingSince === null ? BATCH : 1;
    const claimed = await claimDeliveries(app, at.id, most);
    if (claimed.length === 0) return;
    const outcomes = await sendAll(app, at, claimed, deadline);
    const tried = outcomes.flatMap(({ answer }) => answer ?? []);
    done.delivered += tried.filter(({ taken }) => taken).length;
    done.failed += tried.filter(({ taken }) => !taken).length;
    await recordOutcomes(app, at, outcomes);
    const recovered = tried.some(isWell);
    if (!recovered || (claimed.length < most && at.failingSince === null)) return;
    at = { ...at, failingSince: null, failures: 0 };
  }
}

/**
 * Sends what was claimed: one at a time until its server takes one, then some at a time. What is left when time runs out, or once two in a row were not taken, or slowly, waits: a
 * server that is away costs one run the time of two tries, whatever waits for it.
 */
async function sendAll(app: App, endpoint: Endpoint, claimed: readonly Claimed[], deadline: Date): Promise<Outcome[]> {
  const bodies = await composeEvents(app, claimed);
  const queue = [...claimed];
  const outcomes: Outcome[] = [];
  let failedInARow = 0;
  const goesOn = () => queue.length > 0 && failedInARow < FAILURES_IN_A_ROW && app.clock.now() < deadline;
  const sendNext = async () => {
    const next = queue.shift();
    if (!next) return;
    const answer = await sendEvent(app, endpoint, { eventId: next.eventId, body: bodies.get(next.eventId) ?? '' });
    failedInARow = isWell(answer) ? 0 : failedInARow + 1;
    outcomes.push({ claimed: next, answer });
  };
  do await sendNext();
  while (goesOn() && failedInARow > 0);
  const work = async () => {
    while (goesOn()) await sendNext();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return [...outcomes, ...queue.map((left) => ({ claimed: left, answer: null }))];
}
