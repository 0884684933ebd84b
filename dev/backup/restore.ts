import { rm } from 'node:fs/promises';
import { holdCopy } from '#desk/upkeep/hold-copy.ts';
import { isStillCopy } from '#desk/upkeep/is-still-copy.ts';
import { sayAccess } from '#desk/upkeep/say-access.ts';
import { connect } from '#ground/db/client.ts';
import { migrate } from '#ground/db/migrate.ts';
import type { InvoiceNumber } from '#shop/invoices/skip-numbers.ts';
import type { Lock } from './backup-key.ts';
import { checkBalances, checkInvoice } from './check-restored.ts';
import { connectDirect } from './connect-direct.ts';
import { loadBackup, requireEmpty } from './load-backup.ts';
import { migrationsUpTo } from './migrations.ts';
import { verifyBackup } from './read-backup.ts';

/** Without `into` the file is read and checked, and nothing else. */
export type Restoring = { file: string; lock: Lock; into: string | undefined; lastNumbers: InvoiceNumber[]; now: Date };

/** Wider than the site's: large tables are summed here. */
const LIMITS = { statementMs: 10 * 60_000, batchMs: 10 * 60_000 };

/** Restores a backup into an empty database and checks it; each step is told, and by `warn` what to mind before the copy is used. Throws at the first that fails. Returns of when the backup is. */
export async function restore(
  { file, lock, into, lastNumbers, now }: Restoring,
  print: (text: string) => void,
  warn = print,
): Promise<Date> {
  const kept = await verifyBackup(file, lock);
  const asOf = new Date(kept.head.madeAt);
  const rows = kept.manifest.tables.reduce((sum, table) => sum + table.rows, 0);
  print(`The backup of ${kept.head.madeAt} is whole: ${kept.manifest.tables.length} tables, ${rows.toLocaleString('en')} rows.`);
  if (!into) return asOf;
  const client = await connectDirect(into);
  let access: string;
  try {
    await requireEmpty(client);
    const folder = migrationsUpTo(kept.head.migration);
    await migrate(into, { folder }).finally(() => rm(folder, { recursive: true }));
    await loadBackup(client, file, lock, kept, now);
    print(`Its rows are in the schema of ${kept.head.migration}; each table has as many as the backup says.`);
    await migrate(into, { environment: kept.head.environment ?? undefined });
    print('The schema is brought up to this release.');
    const db = connect(into, undefined, { limits: LIMITS });
    try {
      await holdCopy(db, { asOf, lastNumbers, now });
      print(await checkBalances(client, kept.manifest));
      print(await checkInvoice(db));
      if (!(await isStillCopy(db))) throw new Error('The copy is not held: payouts are not stopped.');
      access = await sayAccess(db);
    } finally {
      await db.close();
    }
  } finally {
    await client.end().catch(() => undefined);
  }
  warn(access);
  warn(
    'Whoever was anonymised since that backup is named in it again: do it again with the lines that you keep with the backups (docs/operations.md, "A person asks").',
  );
  warn(
    'It is a copy: payouts are stopped, and it sends nothing and asks Safaricom nothing until a person claims it (`npm run claim -- --help`).',
  );
  return asOf;
}
