import { record } from '#ground/audit/record.ts';
import { decrypt } from '#ground/db/encryption.ts';
import { camelCase } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import { printNumber } from '#shop/invoices/print-number.ts';
import { gatherThings } from './gather-things.ts';
import { hideOthers } from './hide-others.ts';
import type { Found, Holding, Subject } from './holding.ts';
import { HOLDINGS } from './holdings/holdings.ts';
import { type ReadRow, readHeld } from './rows-of.ts';

const ANOTHERS = '(another person’s)';
const UNREADABLE = '(sealed under a key that is not in ENCRYPTION_KEYS)';

/** What the reader of an export has to know of it. */
const WORDS = {
  masked: [
    'Whoever decided, asked, signed or wrote for the organisation is "staff": their names are theirs.',
    'Other customers, and whoever paid for this person or was paid by them, are "another customer", and their phones, names and e-mails are left out.',
    'Of the next of kin the relationship is shown: name and phone are theirs.',
    'What Safaricom reported is withheld where it names somebody else.',
  ],
  notHeld: [
    'The text of messages is not kept: what each said is composed from these records when it is sent. Sent messages are listed until they are forgotten (docs/retention.md).',
    'Original statements of M-PESA name many people, and are kept sealed as accounting records; the lines that are about this person are here.',
    'Amounts are in cents. Times are UTC.',
  ],
};

/** Everything that is held of a person, to read: deciphered, without what is about others. Whoever had it made is on the audit trail, and for whom by an id. */
export async function exportPerson(db: Db, subject: Subject, { by, now }: { by: string; now: Date }) {
  const found = await gatherThings(db, subject);
  const held: Record<string, unknown[]> = {};
  for (const holding of HOLDINGS) {
    const rows = await readHeld(db, holding, found);
    if (rows.length > 0) held[holding.title] = rows.map((row) => present(row, holding, found));
  }
  const counts = Object.fromEntries(Object.entries(held).map(([title, rows]) => [title, rows.length]));
  await db.transaction((tx) =>
    record(tx, {
      actor: 'operator',
      action: 'person_exported',
      subject: idOf(subject),
      after: { by, about: subject.handle, rows: total(counts) },
      happenedAt: now,
    }),
  );
  return { about: subject.handle, phones: found.phones, emails: found.emails, asOf: now.toISOString(), counts, ...WORDS, held };
}

/** The id in a handle: what the audit trail has as its subject. */
export const idOf = ({ handle }: Pick<Subject, 'handle'>): string => handle.slice(handle.indexOf(':') + 1);

const total = (counts: Record<string, number>): number => Object.values(counts).reduce((sum, n) => sum + n, 0);

function present({ row, theirs }: ReadRow, { table, forgets }: Holding, found: Found): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const [column, value] of Object.entries(row)) {
    if (value === null || isTechnical(column)) continue;
    const isOthers = !theirs && forgets !== 'row' && column in forgets;
    shown[camelCase(column)] = isOthers ? ANOTHERS : hideOthers(decipher(value, column), found);
  }
  if (table === 'members' && typeof shown.nextOfKin === 'string') shown.nextOfKin = relationshipOf(shown.nextOfKin);
  if (table === 'invoices' && typeof row.sequence === 'number')
    shown.number = printNumber(row.kind as Parameters<typeof printNumber>[0], Number(row.year), row.sequence);
  if (table === 'evidence' && typeof shown.body === 'string' && shown.body.includes(HIDDEN)) shown.body = ANOTHERS;
  return shown;
}

const HIDDEN = '•••';

/** Hashes and addresses of our own, which say nothing of a person. */
const isTechnical = (column: string): boolean =>
  /(^|_)(hash|fingerprint|scope|key)$/.test(column) || column === 'tx' || column === 'conversation_id';

function decipher(value: unknown, column: string): unknown {
  if (typeof value !== 'string' || !/^v1\.\w+\.[\w-]+\.[\w-]+$/.test(value)) return value;
  try {
    return decrypt(value, column);
  } catch {
    return UNREADABLE;
  }
}

function relationshipOf(nextOfKin: string): unknown {
  try {
    return { relationship: (JSON.parse(nextOfKin) as { relationship?: unknown }).relationship ?? null };
  } catch {
    return ANOTHERS;
  }
}
