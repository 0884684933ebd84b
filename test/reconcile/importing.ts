import type { StatementInput } from '../../dev/daraja/export-statement.ts';
import { signedIn } from '../world/person.ts';
import type { World } from '../world/world.ts';

export type Headers = { authorization: string };

export type Shown = {
  statementId: string;
  state: string;
  whole: boolean;
  refutes: boolean | null;
  shortcode: string | null;
  progress: { lines: number; done: number };
  refused: { code: string; why: string } | null;
  problems: { lineNumber?: number; problem: string }[];
  findings: { finding: string; direction: string; count: number; amount: number }[];
  lines: {
    n: number;
    receipt: string;
    finding: string;
    verdict: string | null;
    kind: string;
    details: string | null;
    movementId: string | null;
  }[];
  movements?: { receipt: string | null; proved: boolean }[];
  nextAfter: string | null;
};

/** What the portal exports of this world. */
export async function exported(world: World, order: StatementInput = {}): Promise<{ bytes: Buffer; name: string; text: string }> {
  const { base64, name } = await world.simulator.control.statement(order);
  const bytes = Buffer.from(base64, 'base64');
  return { bytes, name, text: bytes.toString('utf8') };
}

/** Sends a file as a treasurer does. */
export const upload = (world: World, bytes: Uint8Array, headers: Headers, name = 'statement.csv', query = ''): Promise<Response> =>
  world.send('POST', `/api/statements?fileName=${encodeURIComponent(name)}${query}`, { body: bytes, headers });

/** What is shown of a statement. */
export async function show(world: World, id: string, query = ''): Promise<Shown> {
  const response = await world.send('GET', `/api/statements/${id}${query}`, { headers: await signedIn(world, 'treasurer') });
  return (await response.json()) as Shown;
}

export const signOff = (world: World, id: string, headers: Headers): Promise<Response> =>
  world.send('POST', `/api/statements/${id}/sign-off`, { body: {}, headers });

/** Uploads a file and shows what came of it. */
export async function imported(world: World, bytes: Uint8Array, name?: string): Promise<Shown> {
  const response = await upload(world, bytes, await signedIn(world, 'treasurer'), name);
  const { statementId } = (await response.json()) as { statementId: string };
  return show(world, statementId);
}

/** Uploads a file and has another person sign it off; what came of it. */
export async function importedAndSigned(world: World, bytes: Uint8Array, name?: string): Promise<Shown> {
  const { statementId } = await imported(world, bytes, name);
  const response = await signOff(world, statementId, await signedIn(world, 'treasurer'));
  if (response.status !== 200)
    throw new Error(
      `The sign-off was answered ${response.status}: ${await response.text()} ${JSON.stringify((await show(world, statementId)).problems)}`,
    );
  return show(world, statementId);
}

/** How many lines have which finding. */
export const counts = ({ findings }: Shown): Record<string, number> =>
  Object.fromEntries(findings.map(({ finding, direction, count }) => [`${finding} ${direction}`, count]));
