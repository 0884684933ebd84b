import { afterAll, beforeAll, expect, test } from 'vitest';
import { fillFloat, type Stage, startStage } from '../../proof/stage.ts';
import { newPhones } from '../../proof/world-of-money.ts';
import { signedIn } from '../../world/person.ts';
import { openScene } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  await fillFloat(stage, 100_000);
});
afterAll(() => stage.stop());

const now = () => stage.world.clock.now().toISOString();
/** What settle_reversed_2 does for a signed line that shows a receipt as given back whole, where the file has not its payment. */
async function givenBackInPortal(receipt: string, reversal: string) {
  const { sql } = stage.world.database;
  await sql(
    'update deposits set reversed_elsewhere_at = $2, reversal_receipt = $3, reversed_elsewhere_cents = amount_cents where receipt = $1 and taken_back_at is null',
    [receipt, now(), reversal],
  );
  const [row] = await sql<{ says: string }>('select book_reversed_2(id, $2) as says from deposits where receipt = $1', [receipt, now()]);
  return row?.says;
}
const refund = async (body: object) => {
  const response = await stage.world.send('POST', '/api/refunds', {
    body: { reason: 'Test', ...body },
    headers: await signedIn(stage.world, 'treasurer'),
  });
  return { status: response.status, ...((await response.json()) as { payoutId?: string; code?: string; detail?: string }) };
};
const approve = async (payoutId: string | undefined) => {
  const response = await stage.world.send('POST', `/api/payouts/${payoutId}/decision`, {
    body: {},
    headers: await signedIn(stage.world, 'treasurer'),
  });
  return [response.status, ((await response.json()) as { code?: string }).code];
};

/** A prompt that a query calls paid, and a proved receipt of its amount and time that a notice told for something else: perhaps one movement. */
async function doubted(shillings: number) {
  const s = await openScene(stage);
  const owed = await s.owe(shillings, newPhones().other);
  const receipt = s.receipt();
  const at = stage.world.clock.now();
  s.queried(owed);
  s.proves(receipt, shillings, owed.phone, at);
  await s.minutes(2);
  return { s, owed, receipt, tell: () => s.told(receipt, shillings, 'SCHOOL', owed.phone, 'full', at) };
}

test('a receipt that may be a prompt’s own was reversed in the portal: the prompt’s money does not leave either, before it has a receipt of its own', async () => {
  const { s, owed, receipt, tell } = await doubted(1745);
  const asked = await refund({ paymentId: owed.paymentId, phoneNumber: owed.phone, method: 'b2c' });
  expect(asked.status).toBe(201); // before anybody has told of that receipt
  await tell();
  await s.minutes(12);
  expect(await givenBackInPortal(receipt, s.receipt())).toBe('locked');
  expect(await approve(asked.payoutId)).toEqual([409, 'reversed_elsewhere']);
  const decline = await stage.world.send('POST', `/api/payouts/${asked.payoutId}/decision`, {
    body: { decision: 'decline' },
    headers: await signedIn(stage.world, 'treasurer'),
  });
  expect(decline.status).toBe(200);
  const body = { paymentId: owed.paymentId, phoneNumber: owed.phone, method: 'b2c' };
  expect(await refund(body)).toMatchObject({ status: 409, code: 'reversed_elsewhere', detail: expect.stringContaining('may be this one') });
  // the prompt's callback names another receipt: there were two payments, and this one may leave
  await s.calledBack(owed, s.receipt(), 1745);
  await s.minutes(2);
  expect((await refund(body)).status).toBe(201);
});

test.each([
  ['names another receipt', 1761, { paybill_float: 1761 }],
  ['names this receipt', 1762, {}],
])(
  'what was given back in the portal of a doubted receipt is booked when the doubt ends: the callback %s',
  async (how, shillings, float) => {
    const { s, owed, receipt, tell } = await doubted(shillings);
    await tell();
    await s.minutes(12);
    expect(await givenBackInPortal(receipt, s.receipt())).toBe('locked');
    await s.calledBack(owed, how === 'names this receipt' ? receipt : s.receipt(), shillings);
    await s.minutes(2);
    const { paybill_float, paybill_told } = await s.grown();
    expect({ ...(paybill_float && { paybill_float }), ...(paybill_told && { paybill_told }) }).toEqual(float);
    expect(await s.takeBack(receipt)).toBe(200);
    const { receivables, suspense } = await s.grown();
    expect({ receivables, suspense }).toEqual({});
  },
);
