import type { IncomingHttpHeaders } from 'node:http';
import pg from 'pg';
import * as z from 'zod';

const Statement = z.object({ query: z.string(), params: z.array(z.unknown()).default([]) });
const SqlRequest = z.union([z.object({ queries: z.array(Statement) }), Statement]);
export type SqlRequest = z.infer<typeof SqlRequest>;

const ISOLATION = new Map([
  ['ReadUncommitted', 'read uncommitted'],
  ['ReadCommitted', 'read committed'],
  ['RepeatableRead', 'repeatable read'],
  ['Serializable', 'serializable'],
]);

const ERROR_FIELDS = [
  'severity',
  'code',
  'detail',
  'hint',
  'position',
  'internalPosition',
  'internalQuery',
  'where',
  'schema',
  'table',
  'column',
  'dataType',
  'constraint',
  'file',
  'line',
  'routine',
] as const;

// What such a statement leaves behind belongs to its session, and over HTTP no two requests share a session.
const LEAVES_TRACES = new Set(['BEGIN', 'START', 'SET', 'LISTEN', 'PREPARE', 'DECLARE']);

/** The request's body: one statement, or several that are one transaction. Throws on anything else. */
export const parseSqlRequest = (body: string): SqlRequest => SqlRequest.parse(JSON.parse(body));

/** How many statements the request runs. */
export const countStatements = (request: SqlRequest) => ('queries' in request ? request.queries.length : 1);

/** Runs a request on a connection of the pool and returns what Neon would answer. Throws PostgreSQL's own errors. */
export async function runSql(pool: pg.Pool, request: SqlRequest, headers: IncomingHttpHeaders): Promise<unknown> {
  const client = await pool.connect();
  const shape = { isArray: headers['neon-array-mode'] === 'true', isRaw: headers['neon-raw-text-output'] === 'true' };
  let isSpent = false;
  const run = async (statement: z.infer<typeof Statement>) => {
    const result = await client.query(toQuery(statement, shape));
    isSpent ||= LEAVES_TRACES.has(result.command);
    const fields = result.fields.map(({ name, tableID, columnID, dataTypeID, dataTypeSize, dataTypeModifier, format }) => {
      return { name, tableID, columnID, dataTypeID, dataTypeSize, dataTypeModifier, format };
    });
    return { command: result.command, rowCount: result.rowCount, fields, rows: result.rows, rowAsArray: shape.isArray };
  };
  try {
    if (!('queries' in request)) return await run(request);
    await client.query(beginning(headers));
    const results = [];
    for (const statement of request.queries) results.push(await run(statement));
    await client.query('commit');
    return { results };
  } catch (error) {
    if ('queries' in request) await client.query('rollback').catch(() => undefined);
    throw error;
  } finally {
    client.release(isSpent || client.getTransactionStatus() !== 'I');
  }
}

function toQuery({ query, params }: z.infer<typeof Statement>, { isArray, isRaw }: { isArray: boolean; isRaw: boolean }) {
  const asText = { getTypeParser: () => (value: string) => value };
  return {
    text: query,
    values: params,
    queryMode: 'extended', // as Neon: two statements in one string are refused
    ...(isArray && { rowMode: 'array' }),
    ...(isRaw && { types: asText as unknown as pg.CustomTypesConfig }),
  } as pg.QueryConfig & { queryMode: string };
}

function beginning(headers: IncomingHttpHeaders): string {
  const isolation = ISOLATION.get(String(headers['neon-batch-isolation-level'] ?? ''));
  const words = ['begin'];
  if (isolation !== undefined) words.push(`isolation level ${isolation}`);
  if (headers['neon-batch-read-only'] === 'true') words.push('read only');
  if (headers['neon-batch-deferrable'] === 'true') words.push('deferrable');
  return words.join(' ');
}

/**
 * The error as the driver reads it: status 400 with every field of PostgreSQL's. Where the connection broke during a statement, PostgreSQL said nothing, and
 * Neon's proxy answers 400 with an empty code; 500 when there was no connection at all.
 */
export function describeSqlError(error: unknown): { status: number; body: Record<string, unknown> } {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof SyntaxError || error instanceof z.ZodError) return { status: 400, body: { message } };
  if (error instanceof pg.DatabaseError)
    return { status: 400, body: { message, ...Object.fromEntries(ERROR_FIELDS.map((field) => [field, error[field] ?? null])) } };
  const broke = howItBroke(error, message);
  if (broke === undefined) return { status: 500, body: { message } };
  return { status: 400, body: { message: broke, ...Object.fromEntries(ERROR_FIELDS.map((field) => [field, null])), code: '' } };
}

function howItBroke(error: unknown, message: string): string | undefined {
  if (/^Connection terminated(?! due to)/.test(message)) return 'connection closed';
  const { code = '', syscall } = error as NodeJS.ErrnoException;
  return syscall !== 'connect' && ['ECONNRESET', 'EPIPE'].includes(code) ? 'error communicating with the server' : undefined;
}
