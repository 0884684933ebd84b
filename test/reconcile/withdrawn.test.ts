import { afterAll, beforeAll, expect, test } from 'vitest';
import { openScene } from '../attacks/money/scene.ts';
import { type Stage, startStage } from '../proof/stage.ts';
import { newReceipt } from '../proof/world-of-money.ts';
import { signedIn } from '../world/person.ts';
import { imported, importedAndSigned, type Shown, show, signOff } from './importing.ts';
import { type Line, paid, portalFile } from './portal-file.ts';

// A statement that should not have been signed: the right one does not join it before it is withdrawn.

const DAY = 24 * 3_600_000;
let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

const now = () => stage.world.clock.now();
const file = (at: Date, opening: number, lines: Line[]) => portalFile(stage.shortcode, at, at, opening, lines);
const answered = async (response: Response) => ({
  status: response.status,
  ...((await response.json()) as { code?: string; detail?: string; statementId?: string; state?: string }),
});
const sign = async (id: string) => answered(await signOff(stage.world, id, await signedIn(stage.world, 'treasurer')));
const withdraw = async (id: string, headers?: Record<string, string>, reason = 'The wrong account') =>
  answered(
    await stage.world.send('POST', `/api/statements/${id}/withdraw`, {
      body: { reason },
      headers: headers ?? (await signedIn(stage.world, 'admin')),
    }),
  );
const listed = async (id: string) => {
  const response = await stage.world.send('GET', '/api/statements?state=withdrawn', { headers: await signedIn(stage.world, 'treasurer') });
  const { statements } = (await response.json()) as { statements: (Shown & { withdrawnBy: string; withdrawnWhy: string })[] };
  return statements.find(({ statementId }) => statementId === id);
};
const deposit = async (receipt: string) =>
  (
    await stage.world.database.sql<{ proved: boolean; refuted: boolean; taken: boolean; merged: boolean }>(
      `select confirmed_at is not null as proved, refuted_at is not null as refuted, taken_back_at is not null as taken, merged_into is not null as merged
       from deposits where receipt = $1`,
      [receipt],
    )
  )[0];
let balance = 0;

test('the right statement joins once the wrong one is withdrawn, by another person than who signed it; what it had refuted is proved after all', async () => {
  const scene = await openScene(stage);
  const [honest, at] = [scene.receipt(), now()];
  await scene.told(honest, 2_400, 'SCHOOL', undefined, 'masked', at);
  await stage.world.clock.advance(DAY);
  // it lacks what was told, and its balances are not the account's
  const wrong = await imported(stage.world, file(at, 0, [paid(newReceipt(at), at, 7_000, 'SCHOOL')]), 'wrong.csv');
  const signer = await signedIn(stage.world, 'treasurer');
  expect((await signOff(stage.world, wrong.statementId, signer)).status).toBe(200);
  expect(await show(stage.world, wrong.statementId)).toMatchObject({ state: 'done', refutes: true });
  await scene.minutes(1);
  expect(await deposit(honest)).toMatchObject({ proved: false, refuted: true });

  const lines = [paid(honest, at, 2_400, 'SCHOOL'), paid(newReceipt(at), at, 50, 'SCHOOL')];
  const right = await imported(stage.world, file(at, 0, lines), 'right.csv');
  expect(await sign(right.statementId)).toMatchObject({
    ...{ status: 409, code: 'statement_does_not_join', statementId: wrong.statementId },
    detail: expect.stringMatching(
      new RegExp(`wrong\\.csv.*another person than who signed it.*/api/statements/${wrong.statementId}/withdraw`),
    ),
  });
  expect(await withdraw(wrong.statementId, signer)).toMatchObject({ status: 403, code: 'second_person_needed' });
  expect(await withdraw(wrong.statementId, undefined, ' ')).toMatchObject({ status: 400 });
  const answers = await Promise.all([withdraw(wrong.statementId), withdraw(wrong.statementId), withdraw(wrong.statementId)]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409]);
  expect(await withdraw(wrong.statementId)).toMatchObject({ code: 'statement_not_signed', detail: 'It was withdrawn already.' });
  expect(await listed(wrong.statementId)).toMatchObject({ state: 'withdrawn', withdrawnWhy: 'The wrong account' });

  expect(await sign(right.statementId)).toMatchObject({ status: 200 });
  await scene.minutes(2);
  expect(await show(stage.world, right.statementId)).toMatchObject({ state: 'done', refutes: true });
  expect(await deposit(honest)).toMatchObject({ proved: true, taken: false, merged: false });
  balance = 2_450;
});

test('what was not signed, or is being booked, is not withdrawn; a withdrawn one is not signed again, and its file is taken anew', async () => {
  await stage.world.clock.advance(DAY);
  const bytes = file(now(), balance, [paid(newReceipt(now()), now(), 60, 'SCHOOL')]);
  await stage.world.clock.advance(DAY);
  const { statementId } = await imported(stage.world, bytes, 'day.csv');
  expect(await withdraw(statementId)).toMatchObject({ status: 409, code: 'statement_not_signed' });
  expect(await sign(statementId)).toMatchObject({ status: 200 });
  await stage.world.pass(1);
  await stage.world.database.sql("update statements set state = 'signed' where id = $1", [statementId]);
  expect(await withdraw(statementId)).toMatchObject({ status: 409, detail: expect.stringContaining('try again in a minute') });
  await stage.world.database.sql("update statements set state = 'done' where id = $1", [statementId]);
  const float = async () =>
    await stage.world.database.sql<{ cents: string }>(
      `select sum(case when debit_account like 'paybill_float%' then amount_cents else 0 end - case when credit_account like 'paybill_float%' then amount_cents else 0 end) as cents from transfers`,
    );
  const before = await float();
  expect(await withdraw(statementId)).toMatchObject({ status: 200, state: 'withdrawn' });
  expect(await sign(statementId)).toMatchObject({ status: 409, code: 'statement_not_waiting' });
  expect(await withdraw('01930000-0000-7000-8000-000000000001')).toMatchObject({ status: 404, code: 'statement_not_found' });
  // a withdrawal by mistake: nothing is booked twice
  expect(await importedAndSigned(stage.world, bytes, 'again.csv')).toMatchObject({ state: 'done' });
  await stage.world.pass(1);
  expect(await float()).toEqual(before);
});

test('of a withdrawal and a sign-off that joins the withdrawn one, at the same moment, either is first; the books have one history', async () => {
  balance += 60;
  await stage.world.clock.advance(DAY);
  const [first, second] = [now(), new Date(now().getTime() + DAY)];
  const one = file(first, balance, [paid(newReceipt(first), first, 5, 'SCHOOL')]);
  const two = file(second, balance + 5, [paid(newReceipt(second), second, 6, 'SCHOOL')]);
  await stage.world.clock.advance(3 * DAY);
  const { statementId } = await importedAndSigned(stage.world, one, 'one.csv');
  const next = await imported(stage.world, two, 'two.csv');
  const [gone, signed] = await Promise.all([withdraw(statementId), sign(next.statementId)]);
  expect(gone.status).toBe(200);
  // first: it joined the first one; second: the one before lacks the first's five shillings
  expect([200, 409]).toContain(signed.status);
  if (signed.status === 409) expect(signed.code).toBe('statement_does_not_join');
  expect(await importedAndSigned(stage.world, one, 'one again.csv')).toMatchObject({ state: 'done' });
  if (signed.status === 409) expect(await sign(next.statementId)).toMatchObject({ status: 200 });
});
