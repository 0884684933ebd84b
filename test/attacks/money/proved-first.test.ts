import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Stage, startStage, US } from '../../proof/stage.ts';
import { openScene } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

const LIAR = '254799000556';
const EARLIER_MS = 40 * 60_000;

test.each([
  { shillings: 1651, lies: 'of the time', answers: 'no time', earlierMs: EARLIER_MS },
  { shillings: 1652, lies: 'of the phone', answers: 'no payer', phone: LIAR },
  { shillings: 1653, lies: 'of time and phone', answers: 'no payer', phone: LIAR, earlierMs: EARLIER_MS },
])(
  'a receipt that was told as a word, $lies, and proved by an answer that names $answers before the query says paid, is one movement with its prompt’s',
  async ({ shillings, answers, phone, earlierMs = 0 }) => {
    const s = await openScene(stage);
    const owed = await s.owe(shillings);
    const real = s.receipt();
    const at = stage.world.clock.now();
    s.queried(); // nothing is known of the prompt yet
    const debit = answers === 'no payer' ? 'JANE' : `2547 ***** ${owed.phone.slice(-3)} - JANE`;
    stage.statusAnswers.set(real, { debit, credit: US, shillings, at: answers === 'no time' ? undefined : at });
    await s.told(real, shillings, 'SCHOOL', phone ?? owed.phone, 'full', new Date(at.getTime() - earlierMs));
    await s.minutes(4);
    expect(await s.grown()).toEqual({ paybill_float: shillings, suspense: shillings });
    s.queried(owed);
    await s.minutes(20);
    expect(await s.payment(owed)).toMatchObject({ status: 'paid' });
    expect(await s.grown()).toMatchObject({ paybill_float: shillings, paybill_told: shillings });
    expect(await s.giveBack(real, phone ?? owed.phone)).not.toBe(200);
  },
);
