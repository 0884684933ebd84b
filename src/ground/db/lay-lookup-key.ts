import type { KeyObject } from 'node:crypto';
import { type LookupProof, layOver } from './encryption.ts';
import { type LookupColumn, lookupColumns } from './lookup-columns.ts';
import type { Session } from './types.ts';

const CHUNK = 10_000;

/** A hash of layer n between the words of a text. */
const hashPattern = (layer: number) => `${layer === 1 ? '' : `${layer}\\.`}[A-Za-z0-9_-]{43}`;

/** What lies over the hashes now: the number of keys that made them, and what the last one shows; no fingerprint while there is only the first. */
export async function topKey(client: Session): Promise<{ layers: number; fingerprint: string | undefined }> {
  const { rows } = await client.query('select layer, fingerprint from lookup_keys order by layer desc limit 1');
  return { layers: rows[0]?.layer ?? 1, fingerprint: rows[0]?.fingerprint };
}

/**
 * Lays a look-up key over all hashes, in one transaction during which everybody else waits: each becomes the hash of what it was. So whatever was equal stays equal and
 * whatever differed differs, what has no text any more keeps its place, and limits, unique keys and repeats hold. From its end on a process that has the keys of before is
 * refused: at its first request by its proof, and at every write by a check of the columns. Returns how many different hashes there are.
 */
export async function layLookupKey(
  client: Session,
  { key, proof, now }: { key: KeyObject; proof: LookupProof; now: Date },
  onProgress: (column: string) => void = () => {},
): Promise<number> {
  const layer = proof.layers;
  const columns = await lookupColumns(client);
  const tables = [...new Set(columns.map(({ table }) => table))];
  await client.query('begin');
  try {
    await client.query(`lock table lookup_keys, ${tables.join(', ')} in access exclusive mode`);
    if ((await topKey(client)).layers !== layer - 1)
      throw new Error('Another look-up key was laid over the hashes at the same time: look again.');
    await client.query('create temporary table laid (was text primary key, becomes text not null) on commit drop');
    for (const table of tables) await client.query(`alter table ${table} disable trigger user`);
    for (const column of columns) {
      await gather(client, column, { key, layer });
      await unguard(client, column, layer - 1); // it refuses what the new key makes
      await replace(client, column, layer);
      await guard(client, column, layer);
      onProgress(`${column.table}.${column.column}`);
    }
    for (const table of tables) await client.query(`alter table ${table} enable trigger user`);
    await client.query('insert into lookup_keys (layer, fingerprint, laid_at) values ($1, $2, $3)', [layer, proof.fingerprint, now]);
    const { rows } = await client.query('select count(*)::int as n from laid');
    await client.query('commit');
    return rows[0].n;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

type Laying = { key: KeyObject; layer: number };

/** Works out what each hash of a column becomes, some thousand at a time. */
async function gather(client: Session, { table, column, isWhole }: LookupColumn, { key, layer }: Laying): Promise<void> {
  const whole = hashPattern(layer - 1);
  const hashes = isWhole
    ? `select ${column} as hash from ${table} where ${column} ~ '^${whole}$'`
    : `select (regexp_matches(${column}, '(?:^|:)(${whole})(?=$|:)', 'g'))[1] as hash from ${table}`;
  await client.query(`declare hashes no scroll cursor for select distinct h.hash from (${hashes}) h`);
  for (;;) {
    const { rows } = await client.query(`fetch ${CHUNK} from hashes`);
    const found = rows.map(({ hash }) => String(hash));
    const becomes = found.map((hash) => layOver(key, layer, hash));
    await client.query('insert into laid (was, becomes) select * from unnest($1::text[], $2::text[]) on conflict do nothing', [
      found,
      becomes,
    ]);
    if (found.length < CHUNK) break;
  }
  await client.query('close hashes');
}

async function replace(client: Session, { table, column, isWhole }: LookupColumn, layer: number): Promise<void> {
  if (isWhole) {
    await client.query(`update ${table} t set ${column} = l.becomes from laid l where t.${column} = l.was`);
    return;
  }
  const { rows } = await client.query(
    `select distinct ${column} as text from ${table} where ${column} ~ '(^|:)${hashPattern(layer - 1)}($|:)'`,
  );
  for (const { text } of rows) {
    const parts = String(text).split(':');
    const { rows: laid } = await client.query('select was, becomes from laid where was = any($1::text[])', [parts]);
    const map = new Map(laid.map(({ was, becomes }) => [was, becomes]));
    await client.query(`update ${table} set ${column} = $2 where ${column} = $1`, [
      text,
      parts.map((part) => map.get(part) ?? part).join(':'),
    ]);
  }
}

const guardOf = (layer: number, column: string): string => `lookup_key_${layer}_${column}`;

/** Refuses a hash that a process with the keys of before would write. */
async function guard(client: Session, { table, column, isWhole }: LookupColumn, layer: number): Promise<void> {
  if (!isWhole) return;
  await client.query(`alter table ${table} add constraint ${guardOf(layer, column)} check (${column} like '${layer}.%') not valid`);
}

async function unguard(client: Session, { table, column }: LookupColumn, layer: number): Promise<void> {
  await client.query(`alter table ${table} drop constraint if exists ${guardOf(layer, column)}`);
}
