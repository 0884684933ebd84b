import { afterAll, beforeAll, expect, test } from 'vitest';
import { payBill, register } from '../paybill/paybill.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';

// A till whose notices show a hash of the payer's number: what a treasurer at the counter is told is true, and what it says works.

let world: World;
let asker: { authorization: string };
let second: { authorization: string };
beforeAll(async () => {
  world = await startWorld({ environment: { COUNTER_MONEY: 'sales-B' } });
  await register(world);
  [asker, second] = [await signedIn(world, 'treasurer'), await signedIn(world, 'treasurer')];
  world.simulator.control.switch({ c2bPhone: 'hashed', statusPhone: 'masked' });
  await paid();
});
afterAll(() => world.stop());

/** Money at the till; `proofShows` the end of the number, or nothing beside the hash of the notice. */
async function paid(proofShows: 'end' | 'nothing' = 'end') {
  const phone = newPhone();
  const told = await payBill(world, { account: '', amountShillings: 1_000, phone });
  await world.pass(6);
  const receipt = 'receipt' in told ? told.receipt : '';
  if (proofShows === 'nothing') await world.database.sql('update deposits set payer_tail = null where receipt = $1', [receipt]);
  const response = await world.send('GET', `/api/deposits?receipt=${receipt}`, { headers: asker });
  const { deposits } = (await response.json()) as { deposits: { depositId: string; payerShown: string; maskedPhone: string | null }[] };
  return { phone, ...deposits[0] };
}
const send = async (path: string, body: object, headers = asker) => {
  const response = await world.send('POST', path, { body, headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const refund = (body: object) => send('/api/refunds', { reason: 'Did not fit', amount: 400, ...body });
const refused = (...words: string[]) => ({
  status: 422,
  body: { code: 'payer_unknown', detail: expect.stringMatching(words.join('.*')) },
});
const approve = (payoutId: unknown, by = asker) => send(`/api/payouts/${payoutId}/decision`, {}, by);

test('known by hash alone: the number that the payer says is compared, another one is refused, and two people look', async () => {
  const { phone, depositId, payerShown, maskedPhone } = await paid('nothing');
  expect({ payerShown, maskedPhone }).toEqual({ payerShown: 'hash', maskedPhone: null });
  expect(await refund({ depositId })).toMatchObject(refused('only as a hash', 'ask the payer', 'phoneNumber', 'second person', 'reversal'));
  expect(await refund({ depositId, phoneNumber: newPhone() })).toMatchObject(
    refused('another one. Ask the payer which number they paid from'),
  );
  const asked = await refund({ depositId, phoneNumber: phone });
  expect(asked).toMatchObject({ status: 201, body: { method: 'b2c' } });
  expect(await approve(asked.body.payoutId)).toMatchObject({ status: 403, body: { code: 'second_person_needed' } });
  expect(await approve(asked.body.payoutId, second)).toMatchObject({ status: 200 });
});

test('known by hash and by the end of it: both have to agree, and two people look', async () => {
  const { phone, depositId, payerShown, maskedPhone } = await paid();
  expect({ payerShown, maskedPhone }).toEqual({ payerShown: 'end', maskedPhone: `0••• ••• ${phone.slice(-3)}` });
  expect(await refund({ depositId })).toMatchObject(refused('only the end', phone.slice(-3), 'phoneNumber', 'second person', 'reversal'));
  const asked = await refund({ depositId, phoneNumber: phone });
  expect(await approve(asked.body.payoutId)).toMatchObject({ status: 403, body: { code: 'second_person_needed' } });
  expect(await approve(asked.body.payoutId, second)).toMatchObject({ status: 200 });
});

test('the whole of it goes back by reversal without any number, as both refusals say', async () => {
  for (const shows of ['end', 'nothing'] as const) {
    const { depositId } = await paid(shows);
    expect(await refund({ depositId, amount: 1_000 })).toMatchObject({ status: 201, body: { method: 'reversal' } });
  }
});

test('nobody asked for counter money, and no refusal says that another phone did', async () => {
  const { depositId } = await paid('nothing');
  await world.database.sql('update deposits set payer_phone = null where id = $1', [depositId]);
  const answer = await refund({ depositId });
  expect(answer).toMatchObject(refused('Nothing shows which phone paid', 'identifiedBy', 'reversal'));
  expect(answer.body.detail).not.toContain('asked');
});
