import { setTimeout as sleep } from 'node:timers/promises';
import { DarajaError } from './errors.ts';

export type Token = { value: string; expiresAt: Date };

/** `claimed` means that this caller, and for now nobody else, may fetch a new token from Safaricom; `detached`, that nobody may (detached.ts). */
export type TokenLease = { token: Token | null; claimed: boolean; detached?: boolean };

/** The token as all instances share it. A claim must expire by itself, since its holder may crash: 15 seconds are enough. */
export interface TokenCache {
  /** The stored token; or none, and then perhaps the claim. `rejected` is a token that Safaricom no longer accepts: it counts as none. */
  lease(rejected?: Token): Promise<TokenLease>;
  /** Stores a new token for everybody and ends the claim. */
  save(token: Token): Promise<void>;
}

export type TokenSource = {
  take(lease?: TokenLease): Promise<Token>;
  replace(rejected: Token): Promise<Token>;
  hasFresh(): boolean;
};

type Options = { cache: TokenCache; fetchToken: () => Promise<Token>; clock: { now(): Date }; patienceMs?: number };

const EARLY_MS = 60_000;
const PAUSE_MS = 150;

/**
 * Keeps one token for all callers: from memory first, then from the shared cache, and from Safaricom only for the caller that holds the claim, because each new
 * token may cancel the one before. Every failure is thrown as `refused`: without a token nothing was sent.
 */
export function createTokenSource({ cache, fetchToken, clock, patienceMs = 8_000 }: Options): TokenSource {
  let memory: Token | undefined;
  let fetching: Promise<Token> | undefined;
  const searches = new Map<string | undefined, Promise<Token>>();

  const isFresh = (token: Token) => token.expiresAt.getTime() - EARLY_MS > clock.now().getTime();
  const remembered = (rejected?: Token) => (memory && isFresh(memory) && memory.value !== rejected?.value ? memory : undefined);

  function fetchOnce(): Promise<Token> {
    fetching ??= fetchAndShare().finally(() => {
      fetching = undefined;
    });
    return fetching;
  }

  async function fetchAndShare(): Promise<Token> {
    const token = await fetchToken().catch(refuse);
    memory = token;
    await cache.save(token).catch(() => undefined); // still good for this instance; the next lease finds the claim expired
    return token;
  }

  function settle(lease: TokenLease, rejected?: Token): Promise<Token> | undefined {
    if (lease.detached) throw new DarajaError({ kind: 'refused', reason: 'no_token' }, 'the database is a copy that nobody has claimed');
    if (lease.claimed) return fetchOnce();
    if (!lease.token || lease.token.expiresAt <= clock.now() || lease.token.value === rejected?.value) return undefined;
    memory = lease.token;
    return Promise.resolve(lease.token);
  }

  async function search(rejected?: Token): Promise<Token> {
    const giveUpAt = performance.now() + patienceMs;
    do {
      const found = remembered(rejected) ?? settle(await cache.lease(rejected).catch(refuse), rejected);
      if (found) return found;
      await sleep(PAUSE_MS * (0.75 + Math.random() / 2));
    } while (performance.now() < giveUpAt);
    throw new DarajaError({ kind: 'refused', reason: 'no_token' }, 'another instance holds the claim');
  }

  function searchOnce(rejected?: Token): Promise<Token> {
    const running = searches.get(rejected?.value);
    if (running) return running;
    const started = search(rejected).finally(() => searches.delete(rejected?.value));
    searches.set(rejected?.value, started);
    return started;
  }

  return {
    // a lease outranks memory: it is the database's later word, and whoever holds a claim must use it
    take: async (lease) => (lease && (await settle(lease))) ?? remembered() ?? searchOnce(),
    replace: async (rejected) => {
      if (memory?.value === rejected.value) memory = undefined;
      return remembered(rejected) ?? searchOnce(rejected);
    },
    hasFresh: () => remembered() !== undefined,
  };
}

function refuse(error: unknown): never {
  if (error instanceof DarajaError && error.kind === 'refused') throw error;
  const detail = error instanceof DarajaError ? error.reason : 'token cache failed'; // a cache's own message may quote the token
  throw new DarajaError({ kind: 'refused', reason: 'no_token' }, detail);
}
