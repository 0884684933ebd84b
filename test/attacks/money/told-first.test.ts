import { afterAll, beforeAll, expect, test } from 'vitest';
import { noticeBody } from '../../proof/bodies.ts';
import { post, type Stage, startStage } from '../../proof/stage.ts';
import { openScene } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

test('a lie is told for a prompt that is over, and the process dies before it is booked: the money that the callback brings is what is sold', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1721);
  await s.minutes(10);
  const [lie, own] = [s.receipt(), s.receipt()];
  const notice = noticeBody({
    ...{ receipt: lie, shillings: 1721, reference: owed.reference, msisdn: '' },
    ...{ at: stage.world.clock.now(), shortcode: stage.shortcode },
  });
  await post(stage, 'c2b-confirmation', stage.confirmationPath, notice, true);
  expect(await s.payment(owed)).toMatchObject({ status: 'paid' });
  expect(await s.calledBack(owed, own, 1721)).toBe(200);
  await s.minutes(10);
  expect(await s.grown()).toEqual({ paybill_float: 1721, paybill_told: 1721, donations: 1721, customer_credit: 1721 });
  const [counted] = await stage.world.database.sql(
    'select d.receipt from payments p join deposits d on d.id = p.counted_deposit_id where p.id = $1',
    [owed.paymentId],
  );
  expect(counted).toEqual({ receipt: own });
  await s.refute(lie);
  await s.takeBack(lie);
  expect(await s.grown()).toEqual({ paybill_float: 1721, donations: 1721 });
  expect(await s.payment(owed)).toMatchObject({ status: 'paid' });
});
