import type { Config } from './config/config.ts';
import type { Db } from './db/types.ts';
import type { Log } from './log.ts';

/** What everything needs: configuration, database, clock, log. */
export type Ground = { config: Config; db: Db; clock: { now(): Date }; log: Log };
