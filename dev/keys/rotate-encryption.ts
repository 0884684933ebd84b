import { countByKey, encryptedColumns } from '#ground/db/encrypted-columns.ts';
import type { KeyRing } from '#ground/db/encryption.ts';
import { rotateTable } from '#ground/db/rotate-table.ts';
import type { Db } from '#ground/db/types.ts';
import { describeCounts } from './describe-counts.ts';
import { loadSchemas } from './load-schemas.ts';

const SAY_EVERY = 10_000;

/** Encrypts everything under the first key, table by table, and says what is left. Returns whether nothing is. */
export async function rotateEncryption(
  db: Db,
  { encryption }: Pick<KeyRing, 'encryption'>,
  print: (text: string) => void,
): Promise<boolean> {
  const [current, ...earlier] = encryption.map(({ id }) => id);
  if (current === undefined) throw new Error('ENCRYPTION_KEYS is empty.');
  const columns = encryptedColumns(await loadSchemas());
  let unreadable = 0;
  for (const table of new Set(columns.map((one) => one.table))) {
    let said = 0;
    const own = columns.filter((one) => one.table === table);
    const rotated = await rotateTable(db, { table, columns: own, current }, (done) => {
      if (done - said < SAY_EVERY) return;
      said = done;
      print(`${table}: ${done.toLocaleString('en')} values ...`);
    });
    if (rotated.done > 0) print(`${table}: ${rotated.done.toLocaleString('en')} values are now under ${current}.`);
    unreadable += rotated.unreadable;
  }
  const counts = await countByKey(db, columns);
  print(`Encrypted values: ${describeCounts(counts)}.`);
  if (unreadable > 0)
    print(
      `${unreadable.toLocaleString('en')} values cannot be read with the keys in ENCRYPTION_KEYS: put the key of their time behind the others, and run it again.`,
    );
  const left = [...counts.keys()].filter((id) => id !== current);
  if (left.length > 0 && unreadable === 0)
    print(`Somebody still writes under ${left.join(', ')}: deploy ENCRYPTION_KEYS with ${current} in front, and run it again.`);
  if (left.length === 0) print(sayWhatCanGo(earlier));
  return left.length === 0;
}

const sayWhatCanGo = (earlier: string[]): string =>
  earlier.length === 0
    ? 'There is no earlier key.'
    : `Nothing in the database needs ${earlier.join(', ')}. Take them out of ENCRYPTION_KEYS eight days after ${earlier.length === 1 ? 'it was' : 'they were'} last in front (callbacks kept in Netlify Blobs are under the key of their time), and keep them in the safe as long as a backup from before exists.`;
