import { dataAccess } from '#ground/config/config.ts';
import { connect } from '#ground/db/client.ts';
import { installKeys } from '#ground/db/encryption.ts';
import { innermost } from '#ground/db/errors.ts';
import type { Db } from '#ground/db/types.ts';
import { sealMetadata } from '#mpesa/payments/seal-metadata.ts';
import { sealReasons } from '#mpesa/payouts/seal-reasons.ts';

/** The command `npm run seal`: encrypts what an earlier release kept in clear. Safe to stop and to repeat. */
export async function runSeal(db: Db, print: (text: string) => void): Promise<void> {
  print(`Metadata of payments sealed: ${await sealMetadata(db)}.`);
  print(`Reasons of payouts sealed: ${await sealReasons(db)}.`);
}

const USAGE = `Encrypts what an earlier release kept in clear: metadata of payments, reasons of payouts. Safe to stop and to repeat.

  npm run seal
`;

if (import.meta.main && process.argv.length > 2) {
  const asked = process.argv.slice(2).join(' ') === '--help';
  (asked ? console.log : console.error)(USAGE);
  process.exitCode = asked ? 0 : 2;
} else if (import.meta.main) {
  let db: Db | undefined;
  try {
    const { databaseUrl, keys } = dataAccess();
    installKeys(keys);
    db = connect(databaseUrl);
    await runSeal(db, console.log);
  } catch (error) {
    const inner = innermost(error);
    console.error(`${inner instanceof Error ? inner.message : inner}\n\`npm run doctor\` says more.`);
    process.exitCode = 1;
  } finally {
    await db?.close();
  }
}
