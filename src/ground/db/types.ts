import type { NeonHttpDatabase } from 'drizzle-orm/neon-http';
import type { NeonDatabase } from 'drizzle-orm/neon-serverless';

declare const brand: unique symbol;

type NoSchema = Record<string, never>;

/** A connection inside BEGIN ... COMMIT. Whatever writes money takes this, so that no half of it is kept. */
export type Tx = Parameters<Parameters<NeonDatabase<NoSchema>['transaction']>[0]>[0];

/** The database outside a transaction: one request per statement or `batch`. Whatever calls a provider takes this; a `Tx` does not fit. */
export type Db = Pick<NeonHttpDatabase<NoSchema>, 'batch' | 'execute' | 'select' | 'insert' | 'update' | 'delete'> & {
  /** Runs a constant statement: for hot paths where building it each time would cost more than running it. */
  query(text: string, params: readonly unknown[]): Promise<Record<string, unknown>[]>;
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  close(): Promise<void>;
  readonly [brand]: 'Db';
};

/** Either: for reads. */
export type Reader = Pick<Db, 'select' | 'execute'> | Tx;

/** A session of its own, whichever driver opened it: for commands that need one. */
// biome-ignore lint/suspicious/noExplicitAny: rows are whatever the statement yields
export type Session = { query(text: string, params?: unknown[]): Promise<{ rows: any[] }> };
