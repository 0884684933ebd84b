import { signedIn } from '../world/person.ts';
import type { World } from '../world/world.ts';
import type { Settled } from './ground.ts';

/** Imports what the portal exports of these days, as two treasurers do: one uploads it, another signs it off. The job of each minute does the rest. */
export async function importStatement({ platform, control, clock, app }: Settled, from: string, to: string): Promise<void> {
  const { text, name } = await control.statement({ from, to });
  const world = { app, clock } as unknown as World; // what signing in looks at
  const minute = async () => {
    await clock.advance(60_000);
    await platform.send('POST', '/strike/scheduled-minute');
  };
  /** As long as a person would wait: after kills the minute has other work first. */
  const until = async (id: string, state: string) => {
    for (let waited = 0; waited < 30; waited++) {
      await minute();
      const shown = await platform.send('GET', `/api/statements/${id}`, '', await signedIn(world, 'treasurer'));
      if ((JSON.parse(shown.body) as { state: string }).state === state) return;
    }
    throw new Error(`The statement is not ${state} after half an hour.`);
  };
  const file = { ...(await signedIn(world, 'treasurer')), 'content-type': 'text/csv' };
  const uploaded = await platform.send('POST', `/api/statements?fileName=${encodeURIComponent(name)}`, String(text), file);
  if (uploaded.status !== 202) throw new Error(`The statement was answered ${uploaded.status}: ${uploaded.body}`);
  const { statementId } = JSON.parse(uploaded.body) as { statementId: string };
  await until(statementId, 'matched');
  const signed = await platform.send('POST', `/api/statements/${statementId}/sign-off`, '{}', await signedIn(world, 'treasurer'));
  if (signed.status !== 200) throw new Error(`The sign-off was answered ${signed.status}: ${signed.body}`);
  await until(statementId, 'done');
  await minute();
}
