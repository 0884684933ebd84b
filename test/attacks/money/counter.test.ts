import { afterAll, beforeAll, expect, test } from 'vitest';
import { noticeBody, stkCallbackBody } from '../../proof/bodies.ts';
import { fillFloat, post, type Stage, startStage, strikeMinute } from '../../proof/stage.ts';
import { newPhones, show } from '../../proof/world-of-money.ts';
import { openScene } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage({ tillNumber: '3702865' });
  await fillFloat(stage, 100_000);
});
afterAll(() => stage.stop());

const tillNotice = (receipt: string, shillings: number, phone: string) =>
  post(
    stage,
    'c2b-confirmation',
    stage.confirmationPath,
    noticeBody({
      receipt,
      shillings,
      reference: '',
      at: stage.world.clock.now(),
      msisdn: show(phone, 'masked'),
      shortcode: '3702865',
      till: true,
    }),
  );

test('13 the echo of a prompt, sold over the counter when its window ended, and the query that answers late: one movement', async () => {
  stage.world.app.config.paybill.counterVatClass = 'A';
  const s = await openScene(stage);
  const owed = await s.owe(1301);
  const r = s.receipt();
  await s.minutes(1);
  await tillNotice(r, 1301, owed.phone);
  await s.minutes(8); // the query knows nothing for so long
  const sold = await s.grown();
  s.queried(owed);
  await s.minutes(30);
  s.proves(r, 1301, owed.phone);
  for (let hour = 0; hour < 30; hour++) {
    await stage.world.clock.advance(3_600_000);
    await strikeMinute(stage);
  }
  expect({ sold, grown: await s.grown(), payment: await s.payment(owed) }).toMatchObject({
    grown: { paybill_float: 1301 },
    payment: { status: 'paid' },
  });
  stage.world.app.config.paybill.counterVatClass = null;
});

test('14 a storm: 12 prompts of one amount, notices without reference, callbacks and queries all at once', async () => {
  const s = await openScene(stage);
  const all = [];
  for (let n = 0; n < 12; n++) all.push({ owed: await s.owe(1302, newPhones().customers[0]), receipt: s.receipt() });
  await stage.world.clock.advance(20_000);
  s.queried(...all.map(({ owed }) => owed));
  for (const { receipt, owed } of all) s.proves(receipt, 1302, owed.phone);
  const started = Date.now();
  const slow: number[] = [];
  const timed = async (work: Promise<number>) => {
    const status = await work;
    slow.push(Date.now() - started);
    return status;
  };
  const at = stage.world.clock.now();
  const statuses = await Promise.all([
    ...all.map(({ owed, receipt }) => timed(tillNotice(receipt, 1302, owed.phone))),
    strikeMinute(stage).then(() => 200),
    ...all.slice(0, 8).map(({ owed, receipt }) =>
      timed(
        post(
          stage,
          'callback',
          owed.callbackPath,
          stkCallbackBody({
            checkoutRequestId: owed.checkoutRequestId,
            resultCode: 0,
            receipt,
            shillings: 1302,
            at,
            phone: Number(owed.phone),
          }),
        ),
      ),
    ),
    ...all.slice(4).map(({ owed, receipt }) =>
      timed(
        post(
          stage,
          'callback',
          owed.callbackPath,
          stkCallbackBody({
            checkoutRequestId: owed.checkoutRequestId,
            resultCode: 0,
            receipt,
            shillings: 1302,
            at,
            phone: Number(owed.phone),
          }),
        ),
      ),
    ),
    ...all.map(({ owed, receipt }) => timed(tillNotice(receipt, 1302, owed.phone))),
    strikeMinute(stage).then(() => 200),
  ]);
  const longest = Math.max(...slow);
  await s.minutes(15);
  const wrong = await stage.world.database.sql(
    'select count(*)::int as n from deposits d join attempts a on a.id = d.attempt_id where d.amount_cents = 130200 and a.receipt is distinct from d.receipt and a.receipt is not null',
  );
  expect({
    bad: statuses.filter((status) => status !== 200),
    grown: await s.grown(),
    wrong: wrong[0]?.n,
    slow: longest > 8000 ? longest : 0,
  }).toEqual({
    bad: [],
    grown: { paybill_float: 12 * 1302, donations: 12 * 1302 },
    wrong: 0,
    slow: 0,
  });
});
