import { afterEach, beforeEach, expect, test } from 'vitest';
import { listByPull, openScene } from '../attacks/money/scene.ts';
import { noticeBody } from '../proof/bodies.ts';
import { post, type Stage, startStage } from '../proof/stage.ts';
import { newPhones, show } from '../proof/world-of-money.ts';
import { signedIn } from '../world/person.ts';
import { importedAndSigned } from './importing.ts';
import { paid, portalFile, reversed } from './portal-file.ts';

const DAY = 24 * 3_600_000;
let stage: Stage;
beforeEach(async () => {
  stage = await startStage({ further: '600981' });
});
afterEach(() => stage.stop());
const now = () => stage.world.clock.now();

/** A payment of yesterday, given back in the portal today. The statement of today is signed, and only then is the payment heard of. */
async function givenBackBeforeHeard(shillings: number) {
  const scene = await openScene(stage);
  const owed = await scene.owe(shillings, newPhones().other);
  const [receipt, at] = [scene.receipt(), now()];
  await stage.world.clock.advance(DAY);
  const back = reversed(scene.receipt(), now(), shillings, receipt);
  return { scene, owed, receipt, at, back };
}

test.each(['the statement of the day before', 'a pull', 'a callback'])(
  'a payment that is heard of after the statement that shows it as given back (%s) is not there to be spent',
  async (by) => {
    const shillings = 2_000 + by.length;
    const { scene, owed, receipt, at, back } = await givenBackBeforeHeard(shillings);
    await importedAndSigned(stage.world, portalFile(stage.shortcode, now(), now(), shillings, [back]), `${by}.csv`);
    if (by === 'a pull') await listByPull(stage, { receipt, shillings, typed: owed.reference, at, phone: owed.phone });
    else if (by === 'a callback') await scene.calledBack(owed, receipt, shillings);
    else {
      await importedAndSigned(
        stage.world,
        portalFile(stage.shortcode, at, at, 0, [paid(receipt, at, shillings, owed.reference, `${owed.phone} - JANE`)]),
        `${by} before.csv`,
      );
    }
    await scene.minutes(3);
    expect.soft(await scene.grown()).toEqual({});
    expect.soft(await scene.payment(owed)).not.toMatchObject({ status: 'paid' });
    expect.soft(await scene.giveBack(receipt, owed.phone)).not.toBe(200);
  },
);

test('a payment that was told with another amount, and whose statements come the later day first', async () => {
  const shillings = 2_100;
  const { scene, owed, receipt, at, back } = await givenBackBeforeHeard(shillings);
  await scene.told(receipt, 10, 'HELLO', owed.phone, 'masked', at);
  await importedAndSigned(stage.world, portalFile(stage.shortcode, now(), now(), shillings, [back]), 'later.csv');
  await importedAndSigned(
    stage.world,
    portalFile(stage.shortcode, at, at, 0, [paid(receipt, at, shillings, owed.reference, `${owed.phone} - JANE`)]),
    'earlier.csv',
  );
  await scene.minutes(3);
  expect.soft(await scene.grown()).toEqual({});
  expect.soft(await scene.payment(owed)).not.toMatchObject({ status: 'paid' });
  expect.soft(await scene.giveBack(receipt, owed.phone)).not.toBe(200);
});

test('a payment that a notice had told of another short code of ours when the statement showed it as returned', async () => {
  const shillings = 2_200;
  const { scene, owed, receipt, at, back } = await givenBackBeforeHeard(shillings);
  const lie = noticeBody({ receipt, shillings, reference: 'HELLO', at, msisdn: show(owed.phone, 'masked'), shortcode: '600981' });
  await post(stage, 'c2b-confirmation', stage.confirmationPath, lie);
  await importedAndSigned(stage.world, portalFile(stage.shortcode, now(), now(), shillings, [back]), 'later.csv');
  await listByPull(stage, { receipt, shillings, typed: owed.reference, at, phone: owed.phone });
  await scene.minutes(3);
  expect.soft(await scene.grown()).toEqual({});
  expect.soft(await scene.payment(owed)).not.toMatchObject({ status: 'paid' });
  expect.soft(await scene.giveBack(receipt, owed.phone)).not.toBe(200);
});

test('a prompt’s success that has no receipt yet when the statement shows its payment as returned', async () => {
  const shillings = 2_300;
  const scene = await openScene(stage);
  const owed = await scene.owe(shillings, newPhones().other);
  const [receipt, at] = [scene.receipt(), now()];
  scene.queried(owed);
  await scene.minutes(3);
  await stage.world.clock.advance(DAY);
  await importedAndSigned(
    stage.world,
    portalFile(stage.shortcode, now(), now(), shillings, [reversed(scene.receipt(), now(), shillings, receipt)]),
    'later.csv',
  );
  await importedAndSigned(
    stage.world,
    portalFile(stage.shortcode, at, at, 0, [paid(receipt, at, shillings, owed.reference, `${owed.phone} - JANE`)]),
    'earlier.csv',
  );
  await scene.minutes(3);
  expect.soft(await scene.deposits(shillings)).toMatchObject([{ receipt, prompted: true }]);
  expect.soft((await scene.grown()).paybill_float).toBeUndefined();
  expect.soft(await scene.giveBack(receipt, owed.phone)).not.toBe(200);
});

test('a notice of a payment that a signed statement shows as returned buys nothing, neither before nor after it is proved', async () => {
  const shillings = 2_400;
  const { scene, owed, receipt, at, back } = await givenBackBeforeHeard(shillings);
  await importedAndSigned(stage.world, portalFile(stage.shortcode, now(), now(), shillings, [back]));
  await scene.told(receipt, shillings, owed.reference, owed.phone, 'masked', at);
  await scene.minutes(1);
  expect(await scene.payment(owed)).not.toMatchObject({ status: 'paid' });
  await listByPull(stage, { receipt, shillings, typed: owed.reference, at, phone: owed.phone });
  await scene.minutes(1);
  expect(await scene.grown()).toEqual({});
  expect(await scene.payment(owed)).not.toMatchObject({ status: 'paid' });
});

test('a prompt’s money does not leave while a signed statement shows a receipt of its day as returned that nobody has heard of', async () => {
  const shillings = 2_500;
  const scene = await openScene(stage);
  const owed = await scene.owe(shillings, newPhones().other);
  const receipt = scene.receipt();
  scene.queried(owed);
  await scene.minutes(3);
  await stage.world.clock.advance(DAY);
  await importedAndSigned(
    stage.world,
    portalFile(stage.shortcode, now(), now(), shillings, [reversed(scene.receipt(), now(), shillings, receipt)]),
  );
  const refund = async () => {
    const body = { paymentId: owed.paymentId, method: 'b2c', reason: 'Test' };
    const answer = await stage.world.send('POST', '/api/refunds', { body, headers: await signedIn(stage.world, 'treasurer') });
    return ((await answer.json()) as { code?: string }).code;
  };
  expect(await refund()).toBe('reversed_elsewhere');
  // it was another one's
  await scene.calledBack(owed, scene.receipt(), shillings);
  expect(await refund()).toBeUndefined();
});

test('of a payment that is heard of later only the parts that were returned have left', async () => {
  const shillings = 2_600;
  const { scene, owed, receipt } = await givenBackBeforeHeard(shillings);
  const parts = [reversed(scene.receipt(), now(), 300, receipt), reversed(scene.receipt(), now(), 300, receipt)];
  await importedAndSigned(stage.world, portalFile(stage.shortcode, now(), now(), shillings, parts));
  await scene.calledBack(owed, receipt, shillings);
  await scene.minutes(1);
  expect(await scene.grown()).toMatchObject({ paybill_float: 2_000, receivables: 600 });
  expect(await scene.giveBack(receipt, owed.phone)).toBe('reversed_elsewhere');
});
