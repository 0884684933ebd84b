import type { Arena, Contestant } from './arena.ts';
import { runBlock } from './run-block.ts';

/** What is PostgreSQL's own business: checkpoints, and the running transactions that it notes every quarter of a minute. */
const OWN_BUSINESS = ['XLOG', 'Standby'];

/** WAL records for one callback of a contestant, while nothing else is written on the server, and those of them that write the audit row and its indexes. */
export async function countWalRecords(contestant: Contestant, size: number): Promise<{ all: number; audit: number }> {
  const { client } = contestant;
  await client.query('create extension if not exists pg_walinspect');
  const position = async () => {
    const { rows } = await client.query<{ lsn: string }>('select pg_current_wal_insert_lsn()::text as lsn');
    return rows[0]?.lsn;
  };
  const from = await position();
  await runBlock(contestant, 1, size, 0);
  const to = await position();
  // what is not on disk cannot be read, and only a transaction that has written takes what is before it there
  await client.query(`begin; set local synchronous_commit = on; select pg_logical_emit_message(true, 'bench', ''); commit`);
  const { rows } = await client.query<{ records: string }>(
    'select sum(count)::text as records from pg_get_wal_stats($1::pg_lsn, $2::pg_lsn) where "resource_manager/record_type" <> all($3)',
    [from, to, OWN_BUSINESS],
  );
  const { rows: own } = await client.query<{ records: string }>(
    `select count(distinct b.start_lsn)::text as records from pg_get_wal_block_info($1::pg_lsn, $2::pg_lsn) b
     join pg_class c on c.relfilenode = b.relfilenode left join pg_index i on i.indexrelid = c.oid where coalesce(i.indrelid, c.oid) = to_regclass('audit')`,
    [from, to],
  );
  return { all: Number(rows[0]?.records) / size, audit: Number(own[0]?.records) / size };
}

/** Requests to our database for one callback. */
export async function countRequests({ requests }: Arena, contestant: Contestant, size: number): Promise<number> {
  const before = await requests();
  await runBlock(contestant, 1, size, 0);
  return ((await requests()) - before) / size;
}
