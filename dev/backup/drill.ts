import { recordDrill } from '#desk/upkeep/record-drill.ts';
import { connect } from '#ground/db/client.ts';
import { connectDirect } from './connect-direct.ts';
import { type Restoring, restore } from './restore.ts';

/** Tries a restore: restores, checks, empties the database again, and tells the one that is at work. Nothing is emptied that was not empty before. */
export async function drill(
  { by, live, ...task }: Restoring & { by: string; live: string | undefined },
  print: (text: string) => void,
): Promise<void> {
  const { into } = task;
  if (!into || !live || live === into)
    throw new Error('A drill needs DATABASE_URL, where it is recorded, and another database: --into URL.');
  const seen: string[] = [];
  const asOf = await restore(
    task,
    (text) => {
      seen.push(text);
      print(text);
    },
    () => undefined, // nobody uses this copy: it is emptied below
  );
  await empty(into);
  const db = connect(live);
  try {
    const note = `Restored the backup of ${asOf.toISOString()}. ${seen.filter((text) => /balance|opens|no numbered/.test(text)).join(' ')}`;
    await recordDrill(db, { by, note, now: task.now });
  } finally {
    await db.close();
  }
  print('The drill is recorded, and its database is empty again.');
}

async function empty(url: string): Promise<void> {
  const client = await connectDirect(url);
  try {
    await client.query('drop schema drizzle cascade');
    await client.query('drop schema public cascade');
    await client.query('create schema public');
  } finally {
    await client.end();
  }
}
