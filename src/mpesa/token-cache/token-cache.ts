import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { IS_DETACHED } from '#ground/db/detached.ts';
import { decrypted, instant, instantSql, rowOf } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import type { Token, TokenCache, TokenLease } from '../daraja/token.ts';
import { providerTokens } from './token-cache.schema.ts';

/** How long one instance may take to fetch a token before another may try. */
const CLAIM_SECONDS = 15;
/** A token this close to its end is not handed out any more. */
const EARLY_SECONDS = 60;

const Row = z.object({ token: decrypted('token').nullable(), expiresAt: instant.nullable(), claimed: z.boolean(), detached: z.boolean() });

/** The token cache that all instances share: one row per provider account, so that one of them asks Safaricom and the others wait for its answer. */
export function createTokenCache({ db, clock, account }: { db: Db; clock: { now(): Date }; account: string }): TokenCache {
  return {
    lease: async (rejected) => readLease((await db.execute(leaseSql(account, clock.now(), rejected))).rows),
    save: async (token) => {
      const row = { token: token.value, expiresAt: token.expiresAt, claimedUntil: null };
      await db
        .insert(providerTokens)
        .values({ id: account, ...row })
        .onConflictDoUpdate({ target: providerTokens.id, set: row });
    },
  };
}

/**
 * One statement that yields the shared token, or the right to fetch a new one; it can be part of a batch. `rejected` is a token that the provider no longer accepts. A
 * copy that nobody has claimed yields neither: so nothing is asked of the provider in its name.
 */
export function leaseSql(account: string, now: Date, rejected?: Token): SQL {
  const at = instantSql(now);
  const stale = sql`(t.expires_at is null or t.expires_at <= ${at} + ${EARLY_SECONDS}::int * interval '1 second' or t.expires_at is not distinct from ${rejected?.expiresAt.toISOString() ?? null}::timestamptz)`;
  const free = sql`(t.claimed_until is null or t.claimed_until <= ${at})`;
  const until = sql`${at} + ${CLAIM_SECONDS}::int * interval '1 second'`;
  return sql`
  with claimed as (
    insert into provider_tokens as t (id, claimed_until)
    select ${account}::text, ${until} where not ${IS_DETACHED} and not exists (select from provider_tokens t where t.id = ${account} and not (${stale} and ${free}))
    on conflict (id) do update set claimed_until = ${until} where ${stale} and ${free}
    returning true
  ), fresh as (
    select t.token, t.expires_at from provider_tokens t where t.id = ${account} and not ${stale} and not ${IS_DETACHED}
  )
  select f.token, f.expires_at, exists (select from claimed) as claimed, ${IS_DETACHED} as detached from (select) as always left join fresh f on true`;
}

/** Reads what `leaseSql` yielded. */
export function readLease(rows: unknown[]): TokenLease {
  const row = rowOf(Row, rows);
  return {
    token: row.token && row.expiresAt ? { value: row.token, expiresAt: row.expiresAt } : null,
    claimed: row.claimed,
    detached: row.detached,
  };
}
