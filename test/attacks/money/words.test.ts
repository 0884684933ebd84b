import { afterAll, beforeAll, expect, test } from 'vitest';
import { fillFloat, type Stage, startStage, US } from '../../proof/stage.ts';
import { newPhones } from '../../proof/world-of-money.ts';
import { type Line, listByPull, openScene, sendNotice, type Told } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  await fillFloat(stage, 100_000);
});
afterAll(() => stage.stop());

const notice = (...told: Told) => sendNotice(stage, ...told);
const listed = (...lines: Line[]) => listByPull(stage, ...lines);
const tasks = async () =>
  (await stage.world.database.sql<{ kind: string }>('select kind from reviews where closed_at is null order by opened_at, kind')).map(
    ({ kind }) => kind,
  );

test('a stranger’s payment is the name of a prompt by its time alone, and the prompt’s own receipt was told under a word: nothing of it goes back to who got the goods', async () => {
  const s = await openScene(stage);
  const customer = newPhones().other;
  const owed = await s.owe(1721, customer);
  const at = stage.world.clock.now();
  const [own, strangers] = [s.receipt(), s.receipt()];
  s.queried(owed);
  await s.minutes(2);
  await notice(strangers, 1721, newPhones().other, 'hashed');
  stage.statusAnswers.set(strangers, { debit: 'JANE', credit: US, shillings: 1721, at: stage.world.clock.now() });
  await s.minutes(4);
  s.proves(own, 1721, customer, at);
  await s.told(own, 1721, 'SCHOOL', customer, 'full', at);
  await s.minutes(20);
  expect(await s.giveBack(own, customer)).toBe('receipt_unconfirmed'); // it is doubted
  await stage.world.database.sql('update deposits set confirmed_at = $2 where receipt = $1', [own, at]); // as an earlier release left it
  expect(await s.giveBack(own, customer)).toBe('payer_unknown');
}, 60_000);

test.each([
  ['lie', 1722],
  ['true', 1723],
] as const)(
  'a liar’s own receipt told for somebody’s order, who then pays it: the order stays paid with their money (%s receipt sorts first)',
  async (first, shillings) => {
    const s = await openScene(stage);
    const [honest, liar] = [await s.owe(shillings, newPhones().other), await s.owe(shillings, newPhones().other)];
    await s.minutes(6); // both prompts are over
    const [one, two] = [s.receipt(), s.receipt()];
    const [lies, real] = first === 'lie' ? [one, two] : [two, one];
    await notice(lies, shillings, honest.phone, 'masked', honest.reference);
    await s.minutes(2);
    await notice(real, shillings, honest.phone, 'masked', honest.reference);
    await s.minutes(2);
    await listed(
      { receipt: lies, shillings, typed: liar.reference, phone: liar.phone },
      { receipt: real, shillings, typed: honest.reference, phone: honest.phone },
    );
    await s.minutes(5);
    expect([(await s.payment(honest))?.status, (await s.payment(liar))?.status]).toEqual(['paid', 'paid']);
  },
  60_000,
);

test('two prompts, the hidden receipt of the second told first, the other matched by a person before the second is known as paid: two movements', async () => {
  const s = await openScene(stage);
  const [a, b, c] = [await s.owe(1724, newPhones().other), await s.owe(1724, newPhones().other), await s.owe(1724, newPhones().other)];
  const [ra, rb] = [s.receipt(), s.receipt()];
  const at = stage.world.clock.now();
  stage.statusAnswers.set(rb, { debit: 'JANE', credit: US, shillings: 1724, at });
  s.proves(ra, 1724, a.phone, at);
  s.queried(a);
  await s.minutes(2);
  await notice(rb, 1724, b.phone, 'hashed');
  await notice(ra, 1724, a.phone, 'masked');
  await s.minutes(6);
  const [row] = await stage.world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [ra]);
  const { operator } = await import('../../world/operator.ts');
  await stage.world.send('POST', `/api/deposits/${row?.id}/match`, {
    body: { paymentId: c.paymentId },
    headers: await operator(stage.world, 'deposits:match'),
  });
  s.queried(a, b);
  await stage.world.clock.advance(6 * 3_600_000);
  await s.minutes(30);
  const grown = await s.grown();
  expect(Number(grown.paybill_float ?? 0)).toBe(2 * 1724);
}, 60_000);

test('the sale was refunded under a guessed receipt, and then the callback names another one: a person is told', async () => {
  const s = await openScene(stage);
  const phones = newPhones();
  const owed = await s.owe(1725, phones.customers[0]);
  const [hand, own] = [s.receipt(), s.receipt()];
  s.queried(owed);
  await s.minutes(2);
  await notice(hand, 1725, phones.twin, 'masked', owed.reference); // the twin's number ends like the customer's
  s.proves(hand, 1725, phones.twin);
  await s.minutes(15);
  await s.giveBack(hand, owed.phone);
  await s.minutes(5);
  await s.payment(owed);
  expect(await tasks()).not.toContain('surplus_payment');
  await s.calledBack(owed, own, 1725);
  await s.minutes(5);
  expect(await tasks()).toContain('surplus_payment');
}, 60_000);
