import type { Config } from './config/config.ts';
import type { Db } from './db/types.ts';
import type { Log } from './log.ts';

/** What all stand on: the configuration, the database, the time, and where failures are written. */
export type Ground = { config: Config; db: Db; clock: { now(): Date }; log: Log };
