import type {
  Booking,
  BookingDecision,
  BookingInput,
  Healthy,
  Item,
  ListedPayment,
  Payment,
  PaymentAsked,
  PaymentPage,
  PaymentQuery,
  Payout,
  PayoutInput,
  PayoutPage,
  PayoutQuery,
  PayoutRequested,
  PriceList,
  PromptedPayment,
  PromptInput,
  RefundInput,
  RefundRequested,
  Unhealthy,
} from './api.ts';
import { type Asked, type CallOptions, type Once, send } from './send.ts';
import { type Waited, type WaitOptions, waitForPayment } from './wait-for-payment.ts';

export type MalipoOptions = {
  /** The site that runs Malipo, such as https://duka.example. */
  url: string | undefined;
  /** An API key with the scopes that your calls need: `mlp_...`. */
  key: string | undefined;
  /** Another fetch than that of the runtime. */
  fetch?: typeof fetch;
  /** How long one try may take: 30 seconds without it. */
  timeoutMs?: number;
  /** How often a request is repeated that can be without harm: twice without it. */
  retries?: number;
  /** How long to wait at most where the site says when to try again: a minute without it. One that says later fails at once. */
  longestPauseMs?: number;
};

export type Malipo = ReturnType<typeof createMalipo>;

/** A client of a site, for servers: whoever has its key may do what the key may. */
export function createMalipo({ url, key, fetch: given, timeoutMs = 30_000, retries = 2, longestPauseMs = 60_000 }: MalipoOptions) {
  if (!key) throw new TypeError('The key is missing: an administrator of the site makes one.');
  const site = { url: checkUrl(url), key, fetch: given ?? fetch, timeoutMs, retries, longestPauseMs };
  const get = <T>(path: string, asked?: Asked) => send<T>(site, 'GET', path, asked);
  const once = <T>(path: string, body: unknown, { idempotencyKey = crypto.randomUUID(), ...options }: Once = {}) =>
    send<T>(site, 'POST', path, { ...options, body, idempotencyKey });

  return {
    payments: {
      /** Prompts a customer on their phone. The answer is what was asked for, not what was paid: wait for it, or for its webhook. */
      prompt: (input: PromptInput, options?: Once): Promise<PromptedPayment> => once('/api/payments/stk-push', input, options),
      /** How a payment stands. The id of a booking is that of its payment. */
      read: (id: string, options?: CallOptions): Promise<Payment> => get(at('payments', id), options),
      /** Waits until a payment is decided or the time is up. `decided: false` is not a failure: it may still be paid. */
      wait: (id: string, options: WaitOptions = {}): Promise<Waited> =>
        waitForPayment((signal) => get(at('payments', id), { signal, retries: 0 }), options),
      /** Has Safaricom asked about a payment now, and returns what was learnt. */
      ask: (id: string, options?: CallOptions): Promise<PaymentAsked> =>
        send(site, 'POST', `${at('payments', id)}/ask`, { ...options, body: {} }),
      /** All payments that fit, the newest first, read page by page while you go through them. `limit` is the size of a page. */
      list: (query: PaymentQuery = {}, options?: CallOptions): AsyncGenerator<ListedPayment, void, undefined> =>
        each(async (cursor) => {
          const page = await get<PaymentPage>('/api/payments', { ...options, query: { ...query, cursor } });
          return { rows: page.payments, next: page.nextCursor };
        }),
    },
    refunds: {
      /** Asks for a payment or a deposit to be given back to its payer. It leaves once it is approved, and is found among the payouts. */
      request: (input: RefundInput, options?: Once): Promise<RefundRequested> => once('/api/refunds', input, options),
    },
    bookings: {
      /** Books something whose fee is held. To have it paid, prompt with its `bookingId`. */
      create: (input: BookingInput, options?: Once): Promise<Booking> => once('/api/bookings', input, options),
      read: (id: string, options?: CallOptions): Promise<Booking> => get(at('bookings', id), options),
      /** Releases or refunds a held fee, once. It takes no key: where no answer came, read the booking before you decide again. */
      decide: (id: string, decision: BookingDecision, options?: CallOptions): Promise<Booking> =>
        send(site, 'POST', `${at('bookings', id)}/resolve`, { ...options, body: decision }),
    },
    payouts: {
      /** Asks for money to be sent. It leaves once a person has approved it: no key can. */
      request: (input: PayoutInput, options?: Once): Promise<PayoutRequested> => once('/api/payouts', input, options),
      /** A payout by its id. */
      find: async (id: string, options?: CallOptions): Promise<Payout | undefined> =>
        (await get<PayoutPage>('/api/payouts', { ...options, query: { payoutId: id } })).payouts[0],
      /** All payouts that fit, the newest first, read page by page while you go through them. `limit` is the size of a page. */
      list: (query: PayoutQuery = {}, options?: CallOptions): AsyncGenerator<Payout, void, undefined> =>
        each(async (before) => {
          const page = await get<PayoutPage>('/api/payouts', { ...options, query: { ...query, before } });
          return { rows: page.payouts, next: page.nextBefore };
        }),
    },
    /** The price list. */
    items: async (options?: CallOptions): Promise<Item[]> => (await get<PriceList>('/api/items', options)).items,
    /** Whether the site is well. */
    health: (options?: CallOptions): Promise<Healthy | Unhealthy> => get('/api/health', { ...options, alsoStatus: 503 }),
    /** Any other request, such as `send('GET', '/api/reports/summary', { query: { from: '2026-11-01' } })`. */
    send: <T>(method: string, path: string, asked?: Asked): Promise<T> => send<T>(site, method, path, asked),
  };
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

function checkUrl(text: string | undefined): string {
  const url = text && URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.includes(url.hostname))) return url.origin;
  throw new TypeError(`The url is ${text || 'missing'}: it has to be an https address, such as https://duka.example.`);
}

const at = (what: string, id: string) => `/api/${what}/${encodeURIComponent(id)}`;

async function* each<Row>(readPage: (cursor: string | undefined) => Promise<{ rows: Row[]; next: string | null }>) {
  let cursor: string | undefined;
  do {
    const { rows, next } = await readPage(cursor);
    yield* rows;
    cursor = next ?? undefined;
  } while (cursor !== undefined);
}
