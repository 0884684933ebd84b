import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { balances } from '#books/ledger/balance.ts';
import { runAnonymisePerson } from '../../dev/anonymise-person.ts';
import { runExportPerson } from '../../dev/export-person.ts';
import { KEYS, said } from '../upkeep/upkeep.ts';
import { newPhone, push } from '../world/checkout.ts';
import type { World } from '../world/world.ts';

export const DAY_MS = 24 * 60 * 60 * 1000;

const folder = mkdtempSync(path.join(tmpdir(), 'malipo-person-'));
let files = 0;

const environment = (world: World): NodeJS.ProcessEnv => ({ ...KEYS, DATABASE_URL: world.database.url });

export type Exported = { about: string; held: Record<string, Record<string, unknown>[]>; masked: string[] };

/** Runs export-person; what it said, the file's name, and the file as it is read. */
export async function exported(world: World, ...whom: string[]) {
  const file = path.join(folder, `${++files}.json`);
  const ran = await said(runExportPerson, [...whom, '--out', file, '--by', 'Achieng'], environment(world), world.clock.now());
  const text = ran.code === 0 ? readFileSync(file, 'utf8') : '';
  return { code: ran.code, says: ran.text, file, text, json: (text ? JSON.parse(text) : {}) as Exported };
}

/** Runs anonymise-person: a try, unless `--yes` is among the options. */
export const anonymised = (world: World, ...options: string[]) =>
  said(runAnonymisePerson, ['--reason', 'They asked for it', '--by', 'Achieng', ...options], environment(world), world.clock.now());

export type Customer = { phone: string; name: string; email: string; paymentId: string };

/** A customer who has paid for a coffee, told us of themselves, and got their invoice. */
export async function payingCustomer(world: World, name: string, email: string): Promise<Customer> {
  const phone = newPhone();
  world.simulator.control.setBalance(phone, 100_000);
  const pushed = await push(world, { phoneNumber: phone, name, email, metadata: { note: `for ${name}` } });
  await world.simulator.control.answer(pushed.prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(2);
  return { phone, name, email, paymentId: pushed.paymentId };
}

/** The ledger to the cent: every transfer, and every balance. */
export async function ledgerOf(world: World): Promise<string> {
  const rows = await world.database.sql('select * from transfers order by id');
  const held = await balances(world.app.db);
  return JSON.stringify([rows, held], (_, value) => (typeof value === 'bigint' ? String(value) : value));
}

/** Every row of every table as text, to see whether anything changed; without sessions of the database itself. */
export async function everything(world: World): Promise<Record<string, string>> {
  const tables = await world.database.sql<{ name: string }>(
    "select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE' order by 1",
  );
  const all: Record<string, string> = {};
  for (const { name } of tables) {
    const [row] = await world.database.sql<{ digest: string }>(
      `select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as digest from ${name} t`,
    );
    all[name] = row?.digest ?? '';
  }
  return all;
}
