import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Stage, startStage, US } from '../../proof/stage.ts';
import { openScene } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

const LIAR = '254799000555';
const EARLIER_MS = 40 * 60_000;

/** A prompt is paid, its callback is lost, and its receipt is told as "SCHOOL" with words that are not true. */
async function lied(shillings: number, lie: { phone?: string; earlierMs?: number; first?: boolean; answer?: 'no time' | 'no payer' }) {
  const s = await openScene(stage);
  const owed = await s.owe(shillings);
  const real = s.receipt();
  const at = stage.world.clock.now();
  s.queried(owed);
  if (!lie.first) await s.minutes(4);
  const debit = lie.answer === 'no payer' ? 'JANE' : `2547 ***** ${owed.phone.slice(-3)} - JANE`;
  stage.statusAnswers.set(real, { debit, credit: US, shillings, at: lie.answer === 'no time' ? undefined : at });
  await s.told(
    real,
    shillings,
    'SCHOOL',
    lie.phone ?? owed.phone,
    'full',
    new Date(stage.world.clock.now().getTime() - (lie.earlierMs ?? 0)),
  );
  await s.minutes(30);
  return { s, owed, real };
}

test('a receipt that was told with a word and a phone that are not its own is not proved beside its prompt, and nothing of it leaves', async () => {
  const { s, real, owed } = await lied(1621, { phone: LIAR });
  expect(await s.grown()).toMatchObject({ paybill_float: 1621, paybill_told: 1621 });
  expect(await s.giveBack(real, LIAR)).not.toBe(200);
  expect(await s.giveBack(real, owed.phone)).not.toBe(200);
  expect(await s.grown()).toMatchObject({ paybill_float: 1621 });
});

test('the same with a time that is not its own', async () => {
  const { s } = await lied(1622, { earlierMs: EARLIER_MS });
  expect(await s.grown()).toMatchObject({ paybill_float: 1622, paybill_told: 1622 });
});

test('the same where it is told, and proved, before the query says paid', async () => {
  const { s } = await lied(1623, { phone: LIAR, first: true });
  expect(await s.grown()).toMatchObject({ paybill_float: 1623, paybill_told: 1623 });
});

test('where the answer names no time, none that was told counts: the day in the receipt does', async () => {
  const { s } = await lied(1624, { earlierMs: EARLIER_MS, answer: 'no time' });
  expect(await s.grown()).toMatchObject({ paybill_float: 1624, paybill_told: 1624 });
});

test('where the answer names no payer, no phone that was told counts', async () => {
  const { s } = await lied(1625, { phone: LIAR, answer: 'no payer' });
  expect(await s.grown()).toMatchObject({ paybill_float: 1625, paybill_told: 1625 });
});

test('... nor where the answer came before the query said paid', async () => {
  const { s } = await lied(1626, { phone: LIAR, earlierMs: EARLIER_MS, first: true, answer: 'no time' });
  expect(await s.grown()).toMatchObject({ paybill_float: 1626, paybill_told: 1626 });
});

test('a receipt that the answer says somebody else paid is in no doubt, whatever phone was told', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1627);
  const real = s.receipt();
  s.queried(owed);
  await s.minutes(4);
  s.proves(real, 1627, '254711000777');
  await s.told(real, 1627, 'SCHOOL', owed.phone); // the liar says that the customer of the prompt paid
  await s.minutes(30);
  expect(await s.grown()).toEqual({ paybill_float: 3254, suspense: 1627, donations: 1627 });
});

test('what is proved is returned to who paid it, not to the phone that a notice told', async () => {
  const s = await openScene(stage);
  const real = s.receipt();
  s.proves(real, 1628, '254711000778');
  await s.told(real, 1628, 'SCHOOL', LIAR, 'full');
  await s.minutes(30);
  expect(await s.grown()).toEqual({ paybill_float: 1628, suspense: 1628 });
  expect(await s.giveBack(real, LIAR)).toBe('payer_unknown');
});
