import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { rowOf } from '#ground/db/rows.ts';
import { type Job, moveRunSql, type Progress, placeSql } from '#ground/runs/run-chunks.ts';
import type { Day } from '#ground/time/nairobi.ts';

/** One chunk of a run through all active loans: which run, and how many loans. */
export type Piece = { job: Job; asOf: Day; size: number; now: Date };

/**
 * Settings for a chunk's transaction. A short lock timeout: everyone who changes a loan queues behind a run that waits at the gate. No JIT:
 * compiling takes longer than running. No nested loops: the planner can only guess how many rows lie between two ids, and where it guesses
 * few it would scan the whole chunk for each of them.
 */
export const chunkSettings = sql`select set_config('lock_timeout', '3s', true), set_config('jit', 'off', true), set_config('enable_nestloop', 'off', true)`;

/** Parts of a statement: where the run stands (`place`, no row when it is finished) and the active loans that come next (`chunk`). */
export const nextLoansSql = (piece: Piece): SQL => sql`
  place as materialized (${placeSql(piece)}),
  chunk as materialized (
    select l.id, l.member_id, l.product_id, l.principal_cents, coalesce(l.worked_out_to, l.disbursed_on) as worked_out_to
    from loans l where l.state = 'active' and l.id > (select cursor from place) order by l.id limit ${piece.size}::int
  ),
  last as materialized (select id from chunk order by id desc limit 1)`;

/** The end of such a statement: moves the run's cursor and counts the rows of `written`. Yields one row for `readProgress`. */
export const moveOnSql = (piece: Piece): SQL => sql`
  moved as (
    ${moveRunSql(piece, { last: sql`(select id from last)`, written: sql`(select count(*) from written)`, isFinished: isFinishedSql(piece), now: piece.now })}
  )
  select (select count(*) from written)::int as written, ${isFinishedSql(piece)} as finished`;

const isFinishedSql = ({ size }: Piece): SQL => sql`(select count(*) from chunk) < ${size}::int`;

const Done = z.object({ written: z.number(), finished: z.boolean() });

/** How far a chunk came. */
export const readProgress = (rows: unknown[] | undefined): Progress => rowOf(Done, rows);
