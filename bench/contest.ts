import type pg from 'pg';
import type { Db } from '#ground/db/types.ts';
import type { Progress } from '#ground/runs/run-chunks.ts';

/** What a loop sends its statements through: a direct client of PostgreSQL, or the deployed driver's. */
export type LoopClient = Pick<pg.Client, 'query'>;

/** A run of ours and the two plain ways to do the same, for the same loans and with the same effects. */
export type Contest = {
  name: 'penalties' | 'reminders';
  /** The whole run as one statement, as good as we could make it. */
  raw(client: pg.Client): Promise<unknown>;
  /** What is deployed. */
  ours(db: Db): Promise<Progress>;
  /** One loan after the other in a transaction each, for the first so many loans. */
  loop(client: LoopClient, loans: number): Promise<void>;
  /** A statement that yields what was written for loans with an id up to $1, as counts and sums of everything that was decided. */
  effects: string;
};
