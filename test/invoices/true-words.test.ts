import { extractText, getDocumentProxy } from 'unpdf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reasonForPayer, reasonWith } from '#mpesa/paybill/told-payer.ts';
import { confirm, noticeBody, register, tellsNow } from '../paybill/paybill.ts';
import { newPhone, push, statusOf } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';

// What the invoice of a payment says, each time that it is sent, is what the customer's page says.

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await register(world);
  await paid('en'); // so that the float can carry a refund
});
afterAll(() => world.stop());

const order = { items: [{ sku: 'coffee' }, { sku: 'mug' }], email: 'achieng@example.com', phoneNumber: newPhone() };
async function paid(language: string): Promise<string> {
  const { paymentId, prompt } = await push(world, { ...order, language, phoneNumber: newPhone() });
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(2);
  return paymentId;
}
/** A payment that a notice alone has told of. */
async function told(language: string) {
  const { paymentId, body } = await push(world, { ...order, language, phoneNumber: newPhone() });
  const tells = tellsNow(world);
  await confirm(
    world,
    noticeBody({ ...tells, BillRefNumber: body.reference, TransAmount: `${(await statusOf(world, paymentId)).amount}` }),
  );
  await world.pass(1);
  const [deposit] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [tells.TransID]);
  return { paymentId, depositId: deposit?.id ?? '' };
}
const lastMail = () => world.inbox.messages().at(-1)?.text ?? '';
async function sentAgain(paymentId: string): Promise<string> {
  await world.inbox.clear();
  const sent = await world.send('POST', `/api/invoices/${paymentId}/send`, { body: {}, headers: await operator(world, 'invoices:send') });
  expect(sent.status).toBe(202);
  await world.pass(1);
  expect(world.inbox.messages()).toHaveLength(1);
  return lastMail();
}
async function printed(paymentId: string): Promise<string> {
  const response = await world.send('GET', `/api/invoices/${paymentId}.pdf`);
  const { text } = await extractText(await getDocumentProxy(new Uint8Array(await response.arrayBuffer())));
  return text.join(' ').replace(/\s+/g, ' ').replaceAll('M- PESA', 'M-PESA');
}
/** The mail and the PDF say what the page says, and this too; neither thanks for a payment. */
async function expectBothToSay(paymentId: string, mail: string, more: string[]): Promise<void> {
  const { customerMessage } = await statusOf(world, paymentId);
  for (const words of [mail.replace(/\s+/g, ' '), await printed(paymentId)]) {
    expect(words).toContain(customerMessage);
    for (const each of more) expect(words).toContain(each);
    expect(words).not.toMatch(/Thank you|Asante kwa/);
  }
}
const asTreasurer = async (path: string, body: unknown) => world.send('POST', path, { body, headers: await signedIn(world, 'treasurer') });

describe.each([
  {
    ...{
      language: 'en',
      isTold: 'Being confirmed with M-PESA',
      isPaid: 'Paid with M-PESA',
      isNot: 'Not known to M-PESA',
      thanks: 'Thank you for your payment.',
    },
    ...{ why: 'Reason', whole: 'This invoice was credited in full by CRN-', part: 'A part of this invoice was credited by CRN-' },
  },
  {
    ...{
      language: 'sw',
      isTold: 'Inathibitishwa na M-PESA',
      isPaid: 'Imelipwa kwa M-PESA',
      isNot: 'M-PESA haina malipo haya',
      thanks: 'Asante kwa malipo yako.',
    },
    ...{ why: 'Sababu', whole: 'Ankara hii yote imefutwa na CRN-', part: 'Sehemu ya ankara hii imefutwa na CRN-' },
  },
])('in $language', ({ language, isTold, isPaid, isNot, thanks, why, whole, part }) => {
  test('of money that is only told, then refuted, then taken back', async () => {
    const { paymentId, depositId } = await told(language);
    const first = lastMail();
    await expectBothToSay(paymentId, first, [isTold]);
    expect(first + (await printed(paymentId))).not.toContain(isPaid);
    await world.database.sql('select refute_deposit_2($1, $2)', [depositId, world.clock.now().toISOString()]);
    await expectBothToSay(paymentId, await sentAgain(paymentId), [isNot]);
    expect((await asTreasurer(`/api/deposits/${depositId}/take-back`, { reason: 'Forged' })).status).toBe(200);
    await world.pass(1);
    expect(lastMail()).toContain(`${why}: Forged`);
    await expectBothToSay(paymentId, await sentAgain(paymentId), [isNot, whole]);
  });

  test('of money that was told and is proved: sent again, it says paid, and nothing was sent meanwhile', async () => {
    const { paymentId, depositId } = await told(language);
    await world.inbox.clear();
    const now = world.clock.now().toISOString();
    await world.database.sql('update deposits set receipt_proved_at = $2, confirmation_due_at = null where id = $1', [depositId, now]);
    await world.database.sql('select prove_money_2($1, $2)', [depositId, now]);
    await world.pass(1);
    expect(world.inbox.messages()).toEqual([]);
    const again = await sentAgain(paymentId);
    expect(again).toContain(thanks);
    expect(again).toContain(isPaid);
    expect(await printed(paymentId)).toContain(isPaid);
  });

  test('of money that was refunded, in part and then whole', async () => {
    const paymentId = await paid(language);
    const { amount } = await statusOf(world, paymentId);
    for (const [part_, words] of [
      [1_000, part],
      [Number(amount) - 1_000, whole],
    ] as const) {
      const asked = (await (await asTreasurer('/api/refunds', { paymentId, amount: part_, method: 'b2c', reason: 'Returned' })).json()) as {
        payoutId: string;
      };
      expect((await asTreasurer(`/api/payouts/${asked.payoutId}/decision`, {})).status).toBe(200);
      await world.pass(5);
      expect(lastMail()).toContain(`${why}: Returned`);
      await expectBothToSay(paymentId, await sentAgain(paymentId), [words]);
    }
  });
});

test('why money goes back is for its payer to read, how they were identified is not', () => {
  expect(reasonForPayer(reasonWith('Returned (late)', { identifiedBy: 'showed an SMS (at the counter)' }))).toBe('Returned (late)');
  expect(reasonForPayer('Returned (late)')).toBe('Returned (late)');
});
