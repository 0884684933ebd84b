import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { dataAccess } from '#ground/config/config.ts';
import { installKeys } from '#ground/db/encryption.ts';
import { migrate } from '#ground/db/migrate.ts';
import type { NeonEndpoint } from '../../dev/neon-endpoint.ts';
import { fillLoans } from '../fill-loans.ts';
import { fillPayments, nameMembers } from './fill-payments.ts';
import { type Ran, runCommand } from './run-command.ts';

type Options = { client: pg.Client; endpoint: NeonEndpoint; postgresUrl: string; payments: number; loans: number; say(text: string): void };

const key = (letter: string) => Buffer.alloc(32, letter).toString('base64');
/** What Node and the libraries take before the first row is some 270. */
const MOST_MEGABYTES = 450;

/**
 * Backup, restore and new keys on a large database, by the commands themselves: the restored books balance; encryption keys are rotated though the command is killed twice,
 * and a look-up key is laid though it is killed once. Returns what missed.
 */
export async function upkeep({ client, endpoint, postgresUrl, payments, loans, say }: Options): Promise<string[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'malipo-bench-'));
  const file = path.join(folder, 'bench.backup');
  const keys = { ENCRYPTION_KEYS: `k1:${key('e')}`, LOOKUP_KEY: key('l'), BACKUP_KEY: key('b') };
  installKeys(dataAccess({ ...keys, DATABASE_URL: endpoint.url('postgres') }).keys);
  const missed: string[] = [];
  const expect = (what: string, ran: Ran, holds: boolean) => {
    say(`${what}: ${ran.seconds.toFixed(1)} s, at most ${ran.mostMegabytes} MB${holds ? '' : `, MISSED (code ${ran.code})\n${ran.text}`}`);
    if (!holds) missed.push(what);
  };
  try {
    await migrate(endpoint.url('postgres'), { environment: 'sandbox' });
    await fillLoans(client, loans);
    await nameMembers(client);
    await fillPayments(client, payments);
    say(`${payments.toLocaleString('en')} payments, ${loans.toLocaleString('en')} loans.`);
    const live = { ...keys, DATABASE_URL: endpoint.url('postgres') };

    const taken = await runCommand('backup.ts', [file], live);
    expect('backup', taken, taken.code === 0 && taken.mostMegabytes < MOST_MEGABYTES);
    say(`  ${Math.round(statSync(file).size / 1_000_000)} MB, encrypted and compressed`);

    await client.query('create database restored');
    const restored = await runCommand('restore.ts', [file, '--into', endpoint.url('restored'), '--last-invoice', 'none'], keys);
    expect(
      'restore',
      restored,
      restored.code === 0 && /debits less credits are 0/.test(restored.text) && restored.mostMegabytes < MOST_MEGABYTES,
    );
    expect('  every row is there', restored, await sameRows(postgresUrl));

    const both = { ...live, ENCRYPTION_KEYS: `k2:${key('n')},${keys.ENCRYPTION_KEYS}` };
    for (const at of [/attempts: 20,\d{3} values/, /payments: [1-9]\d,\d{3} values/]) {
      const killed = await runCommand('rotate-keys.ts', [], both, at);
      expect('rotate-keys, killed', killed, killed.code === null);
    }
    const rotated = await runCommand('rotate-keys.ts', [], both);
    expect('rotate-keys, to its end', rotated, rotated.code === 0 && /Nothing in the database needs k1/.test(rotated.text));

    const twoLookups = { ...both, LOOKUP_KEY: `${key('m')},${keys.LOOKUP_KEY}` };
    const cut = await runCommand('rotate-keys.ts', ['--lookup'], twoLookups, /evidence\.body_hash/);
    const { rows } = await client.query(
      'select (select count(*)::int from lookup_keys) as layers, (select count(*)::int from payments where phone_hash like $1) as changed',
      ['2.%'],
    );
    expect('rotate-keys --lookup, killed: nothing changed', cut, cut.code === null && rows[0].layers === 0 && rows[0].changed === 0);
    const laid = await runCommand('rotate-keys.ts', ['--lookup'], twoLookups);
    expect('rotate-keys --lookup, to its end', laid, laid.code === 0);
    return missed;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function sameRows(postgresUrl: string): Promise<boolean> {
  const counts = async (database: string) => {
    const client = new pg.Client(Object.assign(new URL(postgresUrl), { pathname: `/${database}` }).href);
    await client.connect();
    try {
      const tables = ['payments', 'attempts', 'deposits', 'evidence', 'transfers', 'loans', 'instalments', 'people'];
      const { rows } = await client.query(
        tables
          .map(
            (table) => `select '${table}' as name, md5(string_agg(t::text, '' order by t::text)) as hash from (select * from ${table}) t`,
          )
          .join(' union all ')
          .replaceAll(
            '(select * from transfers)',
            '(select id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at from transfers)',
          ),
      );
      return JSON.stringify(rows);
    } finally {
      await client.end();
    }
  };
  return (await counts('postgres')) === (await counts('restored'));
}
