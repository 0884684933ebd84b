import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { DarajaError } from '#mpesa/daraja/errors.ts';
import { createTokenSource, type Token } from '#mpesa/daraja/token.ts';
import { createMemoryCache, errorOf } from './fake-safaricom.ts';

const HOUR = 3_600_000;

function world({ stored = null, patienceMs = 8_000 }: { stored?: Token | null; patienceMs?: number } = {}) {
  const time = { at: Date.parse('2026-11-21T09:00:00Z') };
  const { cache, state } = createMemoryCache(stored);
  const fetches = { count: 0, fail: undefined as Error | undefined };
  const clock = { now: () => new Date(time.at) };
  const fetchToken = async () => {
    const value = `fetched-${++fetches.count}`;
    await sleep(5);
    if (fetches.fail) throw fetches.fail;
    return { value, expiresAt: new Date(time.at + HOUR) };
  };
  const instance = () => createTokenSource({ cache, clock, fetchToken, patienceMs });
  return { time, cache, state, fetches, instance, tokens: instance() };
}

describe('the token', () => {
  it('is fetched once for a stampede of callers over several instances', async () => {
    const { instance, fetches, state } = world();
    const instances = [instance(), instance(), instance(), instance()];
    const taken = await Promise.all(Array.from({ length: 100 }, (_, index) => instances[index % 4]?.take()));
    expect(new Set(taken.map((token) => token?.value))).toEqual(new Set(['fetched-1']));
    expect(fetches.count).toBe(1);
    expect(state.saves).toBe(1);
  });

  it('asks neither cache nor Safaricom while memory holds a fresh one', async () => {
    const { tokens, fetches, state } = world();
    await tokens.take();
    await tokens.take();
    expect(state.leases).toBe(1);
    expect(fetches.count).toBe(1);
  });

  it('asks the cache once for many callers of one instance', async () => {
    const { tokens, state } = world();
    await Promise.all(Array.from({ length: 50 }, () => tokens.take()));
    expect(state.leases).toBe(1);
  });

  it('is fetched once although two callers of one instance hold a claim, the older one expired', async () => {
    const { tokens, fetches } = world();
    const claim = { token: null, claimed: true };
    const [one, two] = await Promise.all([tokens.take(claim), tokens.take(claim)]);
    expect([one.value, two.value, fetches.count]).toEqual(['fetched-1', 'fetched-1', 1]);
  });

  it('counts as stale 60 seconds before it expires', async () => {
    const { tokens, time } = world();
    expect(tokens.hasFresh()).toBe(false);
    await tokens.take();
    time.at += HOUR - 60_001;
    expect(tokens.hasFresh()).toBe(true);
    time.at += 1;
    expect(tokens.hasFresh()).toBe(false);
  });

  it('comes from a lease in hand without a second question to the cache', async () => {
    const { tokens, state, fetches, time } = world();
    const token = { value: 'leased', expiresAt: new Date(time.at + HOUR) };
    expect(await tokens.take({ token, claimed: false })).toEqual(token);
    expect(await tokens.take()).toEqual(token);
    expect([state.leases, fetches.count]).toEqual([0, 0]);
  });

  it('is fetched and saved under a claim in hand, even while others of this process wait for that claim', async () => {
    const { tokens, state, fetches, cache } = world();
    const claim = await cache.lease();
    expect(claim).toEqual({ token: null, claimed: true });
    const waiting = tokens.take();
    await sleep(10);
    const taken = await tokens.take(claim);
    expect([taken.value, (await waiting).value, fetches.count, state.saves]).toEqual(['fetched-1', 'fetched-1', 1, 1]);
  });

  it('is waited for while another instance holds the claim', async () => {
    const { tokens, cache, fetches, time } = world();
    await cache.lease();
    const taking = tokens.take({ token: null, claimed: false });
    await sleep(20);
    await cache.save({ value: 'theirs', expiresAt: new Date(time.at + HOUR) });
    expect((await taking).value).toBe('theirs');
    expect(fetches.count).toBe(0);
  });

  it('is given up as no_token, refused, when the holder of the claim never delivers', async () => {
    const { tokens, cache, fetches } = world({ patienceMs: 300 });
    await cache.lease();
    expect(await errorOf(tokens.take())).toMatchObject({ kind: 'refused', reason: 'no_token' });
    expect(fetches.count).toBe(0);
  });

  it('is replaced once for many callers whose token was rejected together', async () => {
    const { tokens, fetches, state } = world();
    const old = await tokens.take();
    const replaced = await Promise.all(Array.from({ length: 20 }, () => tokens.replace(old)));
    expect(new Set(replaced.map(({ value }) => value))).toEqual(new Set(['fetched-2']));
    expect([fetches.count, state.token?.value]).toEqual([2, 'fetched-2']);
  });

  it('is forgotten when rejected, also when no other can be had', async () => {
    const { tokens, fetches } = world();
    const old = await tokens.take();
    fetches.fail = new DarajaError({ kind: 'refused', reason: 'wrong_credentials' });
    expect(await errorOf(tokens.replace(old))).toMatchObject({ kind: 'refused', reason: 'wrong_credentials' });
    expect(tokens.hasFresh()).toBe(false);
  });

  it('is taken from the cache after a rejection when another instance has replaced it already', async () => {
    const { tokens, cache, fetches, time } = world();
    const old = await tokens.take();
    await cache.save({ value: 'theirs', expiresAt: new Date(time.at + HOUR) });
    expect((await tokens.replace(old)).value).toBe('theirs');
    expect(fetches.count).toBe(1);
  });

  it('is never the rejected one again, even from a cache that still offers it', async () => {
    const { time, fetches } = world();
    const old = { value: 'old', expiresAt: new Date(time.at + HOUR) };
    const stubborn = { lease: async () => ({ token: old, claimed: false }), save: async () => undefined };
    const fetchToken = async () => old;
    const tokens = createTokenSource({ cache: stubborn, clock: { now: () => new Date(time.at) }, fetchToken, patienceMs: 200 });
    expect(await errorOf(tokens.replace(old))).toMatchObject({ kind: 'refused', reason: 'no_token' });
    expect(fetches.count).toBe(0);
  });

  it('is used although it could not be saved', async () => {
    const { time, fetches } = world();
    const cache = { lease: async () => ({ token: null, claimed: true }), save: () => Promise.reject(new Error('database away')) };
    const token = { value: 'new', expiresAt: new Date(time.at + HOUR) };
    const tokens = createTokenSource({ cache, clock: { now: () => new Date(time.at) }, fetchToken: async () => token });
    expect(await tokens.take()).toBe(token);
    expect(fetches.count).toBe(0);
  });

  it('fails as refused when the cache fails, without the words of the cache', async () => {
    const cache = { lease: () => Promise.reject(new Error('params: CANARYtoken')), save: async () => undefined };
    const tokens = createTokenSource({ cache, clock: { now: () => new Date() }, fetchToken: () => Promise.reject(new Error('never')) });
    const error = await errorOf(tokens.take());
    expect(error).toMatchObject({ kind: 'refused', reason: 'no_token' });
    expect(JSON.stringify([error.message, error.cause, { ...error }])).not.toContain('CANARY');
  });

  it('that is unclear to get is refused to the caller, and can be had later', async () => {
    const { tokens, fetches, state } = world();
    fetches.fail = new DarajaError({ kind: 'unclear', reason: 'timed_out' });
    expect(await errorOf(tokens.take())).toMatchObject({ kind: 'refused', reason: 'no_token' });
    fetches.fail = undefined;
    state.claimed = false; // the claim expired
    expect((await tokens.take()).value).toBe('fetched-2');
  });
});
