import { afterAll, beforeAll, expect, test } from 'vitest';
import { register } from '../paybill/paybill.ts';
import { startWorld, type World } from '../world/world.ts';
import { exported, imported } from './importing.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await register(world);
});
afterAll(() => world.stop());

test('what a line says of a customer, their number and what they typed, stands in no column that can be read', async () => {
  await world.simulator.control.payBill({ phone: '254712345126', amountShillings: 210, account: 'KANARI YA SIRI' });
  await world.pass(5);
  const { bytes, name, text } = await exported(world);
  const shownPhone = /2547\d* *\*+ *126/.exec(text)?.[0] ?? '';
  expect([text.includes('KANARI YA SIRI'), shownPhone]).toEqual([true, expect.stringMatching(/126$/)]); // the file has both
  const { statementId, findings } = await imported(world, bytes, name);
  expect(findings.length).toBeGreaterThan(0);
  const rows = await world.database.sql<{ row: string }>(
    `select l::text as row from statement_lines l where statement_id = $1
     union all select p::text from statement_parts p where statement_id = $1 union all select s::text from statements s where id = $1`,
    [statementId],
  );
  const kept = rows.map(({ row }) => row).join('\n');
  expect(['KANARI', '254712345126', '712345126'].filter((words) => kept.includes(words))).toEqual([]);
  expect(kept).not.toMatch(/254\d* *\*+ *126/); // as Safaricom masks it, however it is spaced
});
