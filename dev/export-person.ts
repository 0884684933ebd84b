import { existsSync } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { exportPerson } from '#desk/person/export-person.ts';
import { findPerson } from '#desk/person/find-person.ts';
import { UsageError } from './command.ts';
import { keyedCommand, runKeyed } from './keyed-command.ts';
import { readAsked, readBy, WHOM } from './person/read-asked.ts';

const USAGE = `Writes everything that is held of one person into a file, to give it to them. Nothing of it is shown on the screen. It uses DATABASE_URL, ENCRYPTION_KEYS and LOOKUP_KEY as the site has them.

  npm run export-person -- --phone 0712345678 --out FILE --by "Wanjiru Kamau"
  npm run export-person -- --member ID ...      a member, by id or member number
  npm run export-person -- --email ADDRESS ...
  npm run export-person -- --person ID ...      one of the staff
  npm run export-person -- --payment ID ...     whoever made this payment, by its id or reference

Make sure that whoever asks is who they say they are: docs/operations.md says how. A file that exists is not replaced, and only you may read the new one. That it was made, by whom and
for whom (by an id), is on the audit trail.
`;

const text = { type: 'string' } as const;

/** The command `npm run export-person`; resolves to its exit code. */
export const runExportPerson = keyedCommand(
  { usage: USAGE, options: { ...WHOM, out: text, by: text }, failed: 'Nothing was written.' },
  async (values, { open, defer, print, now }) => {
    const asked = readAsked(values);
    const by = readBy(values.by);
    const { out } = values;
    if (!out) throw new UsageError('Say where to write it: --out FILE.');
    if (existsSync(out)) throw new UsageError(`${out} exists already: choose another name.`);
    const { db } = open();
    const given = await exportPerson(db, await findPerson(db, asked), { by, now });
    const file = await openFile(out, 'wx', 0o600);
    defer(() => file.close());
    await file.writeFile(`${JSON.stringify(given, null, 2)}\n`);
    const rows = Object.values(given.counts).reduce((sum, n) => sum + n, 0);
    print(`Wrote ${out}: ${rows.toLocaleString('en')} records about ${given.about}. Hand it over in a safe way, then delete it here.`);
    return 0;
  },
);

if (import.meta.main) await runKeyed(runExportPerson);
