import { balances } from '#books/ledger/balance.ts';
import { writeStatement } from '../../../dev/daraja/write-statement.ts';
import { signedIn } from '../../world/person.ts';
import { functions } from '../../world/route.ts';
import { type AccountLine, statementCells } from '../account.ts';
import { killedContext } from '../killed-context.ts';
import { hasFunction, type Stage } from '../stage.ts';
import type { Source } from './source.ts';

/** The organisation's statement: two people tell it, of all lanes at once. */
export const statement: Source = {
  name: 'statement',
  isBuilt: () => hasFunction('upload-statement') && hasFunction('sign-statement'),
  tell: () => Promise.reject(new Error('A statement is about the whole account: uploadStatement and signStatement tell it.')),
};

type Headers = { authorization: string };

/** A statement that waits for a second person. */
export type Uploaded = { id: string; uploader: Headers };

const FORMATS = ['csv', 'xlsx', 'csv', 'xls'] as const;
let exports = 0;

/** Exports the account as the portal does, in one of its forms, and has a treasurer upload it, twice. Whatever is wrong with that, or is booked before anybody has signed, is said. */
export async function uploadStatement(
  stage: Stage,
  lies: AccountLine[] = [],
): Promise<{ uploaded: Uploaded | undefined; wrong: string[] }> {
  const { world } = stage;
  const reportedAt = world.clock.now();
  const cells = statementCells({ shortcode: stage.shortcode, lines: [...stage.account, ...lies], from: stage.listedUntil, reportedAt });
  exports += 1;
  const stamp = reportedAt.toISOString().replaceAll(/\D/g, '').slice(0, 14);
  const name = `ORG_${stage.shortcode}_UtilityAccount_All_${stamp}`;
  const format = FORMATS[exports % FORMATS.length] ?? 'csv';
  const isSettled = (await world.database.sql("select from statements where state = 'signed'")).length === 0; // else this is not the one that books
  const { base64 } = await writeStatement({ name: `${name}.${format}`, format, sheet: 'transaction', cells, thousands: false });
  const before = await proofOf(stage);
  const uploader = await signedIn(world, 'treasurer');
  const send = () => {
    const path = `/api/statements?fileName=${encodeURIComponent(`${name}.${format}`)}`;
    return world.send('POST', path, { body: Buffer.from(base64, 'base64'), headers: uploader });
  };
  const first = await send();
  const { statementId } = (await first.json()) as { statementId?: string };
  if (first.status === 409) return { uploaded: undefined, wrong: [] }; // nothing has moved since the last one, nor has the clock
  if (first.status !== 202 || !statementId) return { uploaded: undefined, wrong: [`a statement was answered ${first.status}`] };
  const again = await send();
  const own = await world.send('POST', `/api/statements/${statementId}/sign-off`, { body: {}, headers: uploader });
  const after = await proofOf(stage);
  const wrong = [
    ...(again.status === 409 ? [] : [`the same statement again was answered ${again.status}`]),
    ...(own.status === 403 ? [] : [`who uploaded a statement signed it, and was answered ${own.status}`]),
    ...(before === after || !isSettled ? [] : [`a statement that nobody had signed booked: ${before} before, ${after} after`]),
  ];
  return { uploaded: { id: statementId, uploader }, wrong };
}

const proofOf = async ({ world }: Stage) => {
  const { paybill_float = 0n, paybill_told = 0n } = await balances(world.app.db);
  return `${paybill_float} and ${paybill_told} told`;
};

/** A second person signs it off. Killed: the process ends when that is written, and the minute has to do the rest. */
export async function signStatement({ world }: Stage, { id }: Uploaded, killed: boolean): Promise<string[]> {
  const [path, headers] = [`/api/statements/${id}/sign-off`, await signedIn(world, 'treasurer')];
  if (!killed) {
    const { status } = await world.send('POST', path, { body: {}, headers });
    return status === 200 ? [] : [`the sign-off was answered ${status}`];
  }
  const handler = await functions.find(({ name }) => name === 'sign-statement')?.load();
  const request = new Request(`${world.siteUrl}${path}`, {
    ...{ method: 'POST', body: '{}' },
    headers: { ...headers, 'content-type': 'application/json' },
  });
  await handler?.(request, killedContext({ id })).catch(() => undefined);
  return [];
}

/** A person sees that a statement is not true, and discards it. */
export async function discardStatement({ world }: Stage, { id }: Uploaded): Promise<string[]> {
  const { status } = await world.send('POST', `/api/statements/${id}/discard`, { body: {}, headers: await signedIn(world, 'treasurer') });
  return status === 200 ? [] : [`the discarding of a statement was answered ${status}`];
}

/** What became of statements that were signed: done, whole, and able to refute, each of them. */
export async function unfinished({ world }: Stage, signed: string[]): Promise<string[]> {
  const rows = await world.database.sql<{ state: string; whole: boolean; refutes: boolean }>(
    'select state, whole, refutes from statements where id = any($1)',
    [signed],
  );
  const good = rows.filter(({ state, whole, refutes }) => state === 'done' && whole && refutes);
  return good.length === signed.length ? [] : [`statements were signed and not whole and done: ${JSON.stringify(rows)}`];
}
