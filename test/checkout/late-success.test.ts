import { afterAll, beforeAll, expect, test } from 'vitest';
import { confirm, noticeBody, tellsNow } from '../paybill/paybill.ts';
import { callbackBody, latestAttempt, push, statusOf } from '../world/checkout.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

test('a late success is on the trail once, whether a notice told of it before its callback or after', async () => {
  for (const first of ['notice', 'callback'] as const) {
    const { paymentId, prompt, body } = await push(world);
    if (!prompt) throw new Error('Nobody was prompted.');
    const { path } = await latestAttempt(world, paymentId);
    await world.database.sql("update attempts set state = 'expired', live = false, query_due_at = null where payment_id = $1", [paymentId]);
    await world.database.sql("update payments set state = 'expired' where id = $1", [paymentId]);
    const { TransID, TransTime } = tellsNow(world);
    const tell = () => confirm(world, noticeBody({ TransID, TransTime, BillRefNumber: body.reference, MSISDN: prompt.phone }));
    const callBack = () => world.send('POST', path, { body: callbackBody(prompt, { receipt: TransID }) });
    for (const say of first === 'notice' ? [tell, callBack] : [callBack, tell]) expect((await say()).status).toBe(200);
    await world.settled();
    expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid', proved: true, mpesaReceiptNumber: TransID });
    const actions = await world.database.sql('select action, before, after from audit where subject = $1 and after = \'"paid"\'', [
      paymentId,
    ]);
    expect([first, actions]).toEqual([first, [{ action: 'late_success', before: 'expired', after: 'paid' }]]);
  }
});
