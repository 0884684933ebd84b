import type { IdempotencyKey } from './idempotency/answer-once.ts';

/** A person who proved a phone number: `phoneHash` finds what belongs to it, `role` is their present role. */
export type SignedIn = { role: string; phoneHash: string; maskedPhone: string; sessionId: string; sessionEndsAt: Date };

/**
 * A visitor (`public`), a signed-in person, or the holder of an API key. `id` is the scope of idempotency keys and external references, and
 * the actor in the audit trail; `scopes` are this caller's rights.
 */
export type Caller = { id: string; scopes: readonly string[]; person?: SignedIn };

/** Everything about one request that is not its input. `address` is the client's, as the platform saw it. */
export type Call = { requestId: string; caller: Caller; address: string; key?: IdempotencyKey };

/**
 * A call whose answer is still to be sent: `later` takes work that runs once the answer is on its way, a head start for what a job
 * guarantees; `setCookie` adds a cookie to it.
 */
export type OpenCall = Call & { later: (work: () => Promise<unknown>) => void; setCookie: (cookie: string) => void };
