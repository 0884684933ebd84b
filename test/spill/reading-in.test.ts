import { createSecretKey, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installKeys } from '#ground/db/encryption.ts';
import { readInSpilled } from '#mpesa/spill/read-in-spilled.ts';
import { spilledCallbacks } from '#mpesa/spill/spilled-callbacks.ts';
import { waitingPrompt } from '../attacks/waiting-prompt.ts';
import { newReceipt, noticeBody } from '../paybill/paybill.ts';
import { statusOf } from '../world/checkout.ts';
import { functions, strike } from '../world/route.ts';
import { startWorld, type World } from '../world/world.ts';
import { keep, keptKeys, spillFolder } from './kept.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ blobs: true });
});
afterAll(() => world.stop());

const tasks = async (kind: string) => world.database.sql('select subject, closed_at is null as open from reviews where kind = $1', [kind]);

/** How often money was booked for a receipt. */
async function booked(receipt: string): Promise<number> {
  const [row] = await world.database.sql<{ n: number }>(
    "select count(*)::int as n from transfers t join deposits d on d.id::text = t.source_id where d.receipt = $1 and t.kind like 'mpesa%'",
    [receipt],
  );
  return row?.n ?? -1;
}

/** A success that was kept. */
async function keptSuccess() {
  world.simulator.control.plan({ next: 1, outcome: 'paid', delayMs: 24 * 3_600_000 }); // its callback is ours to post
  const prompt = await waitingPrompt(world);
  await keep(world, { way: 'stk', subjectId: prompt.attemptId, body: prompt.paidBody });
  return prompt;
}

test('every way in that tells is read in by the minute', () => {
  const told = functions
    .flatMap(({ config }) => [config.path ?? []].flat())
    .filter((route) => route.startsWith('/api/callbacks/'))
    .map((route) => route.slice('/api/callbacks/'.length).replace('/:token', '').replace('/', '-'));
  // the first asks and does not tell; the second keeps nothing even when all is well
  const others = ['c2b-validation', 'withdrawal-status-timeout'];
  expect(Object.keys(spilledCallbacks).sort()).toEqual(told.filter((way) => !others.includes(way)).sort());
});

test('what was kept is booked once, as of when it came, and then deleted', async () => {
  const prompt = await keptSuccess();
  const arrivedAt = world.clock.now();
  await world.clock.advance(30 * 60_000);
  expect(await strike('scheduled-minute')).toMatchObject({ spilled: { read: 1, dead: 0, left: 0 } });
  expect([await booked(prompt.receipt), await statusOf(world, prompt.paymentId)]).toMatchObject([1, { status: 'paid' }]);
  expect(keptKeys(world)).toEqual([]);
  const rows = await world.database.sql('select received_at from evidence where subject_id = $1 and source = $2', [
    prompt.attemptId,
    'callback',
  ]);
  expect(rows).toEqual([{ received_at: arrivedAt }]);
});

test('a run that was killed between commit and delete, and two runs at once, book once', async () => {
  const prompt = await keptSuccess();
  const [key = ''] = keptKeys(world);
  const file = path.join(spillFolder(world), key);
  const sealed = readFileSync(file);
  await strike('scheduled-minute');
  expect([keptKeys(world), await booked(prompt.receipt)]).toEqual([[], 1]);
  writeFileSync(file, sealed); // as if it had not come to deleting
  await Promise.all([strike('scheduled-minute'), strike('scheduled-minute')]);
  expect([keptKeys(world), await booked(prompt.receipt)]).toEqual([[], 1]);
});

test('a callback without an attempt is kept in the inbox, with a task', async () => {
  const { attemptId, paidBody } = await waitingPrompt(world);
  const stranger = attemptId.replace(/.{12}$/, 'abcdefabcdef'); // of a database that was restored from an older backup
  await keep(world, { way: 'stk', subjectId: stranger, body: paidBody });
  await strike('scheduled-minute');
  const rows = await world.database.sql('select verdict from evidence where subject_id = $1', [stranger]);
  expect([rows, await tasks('evidence_no_attempt')]).toEqual([[{ verdict: 'no_attempt' }], [{ subject: stranger, open: true }]]);
});

test('what nobody can read becomes a dead letter with a task, is read when the key is back, and goes after seven days', async () => {
  const { lookup, encryption } = world.app.config.keys;
  installKeys({ lookup, encryption: [{ id: 'k9', key: createSecretKey(randomBytes(32)) }] });
  const receipt = newReceipt();
  await keep(world, { way: 'c2b-confirmation', body: noticeBody({ TransID: newReceipt() }) });
  const lost = createSecretKey(randomBytes(32));
  installKeys({ lookup, encryption: [{ id: 'k8', key: lost }] });
  await keep(world, { way: 'c2b-confirmation', body: noticeBody({ TransID: receipt }) });
  installKeys({ lookup, encryption });
  expect(await strike('scheduled-minute')).toMatchObject({ spilled: { read: 0, dead: 2 } });
  expect(keptKeys(world).map((key) => key.split('.')[0])).toEqual(['dead', 'dead']);
  expect(await tasks('spilled_unreadable')).toMatchObject([{ open: true }, { open: true }]);

  installKeys({ lookup, encryption: [...encryption, { id: 'k8', key: lost }] });
  expect(await strike('scheduled-minute')).toMatchObject({ spilled: { read: 1, dead: 1 } });
  expect([await booked(receipt), keptKeys(world).length]).toEqual([1, 1]);
  expect((await tasks('spilled_unreadable')).filter(({ open }) => open)).toHaveLength(1);
  installKeys({ lookup, encryption });

  await world.clock.advance(8 * 24 * 3_600_000);
  await strike('scheduled-minute');
  expect(keptKeys(world)).toEqual([]);
}, 60_000);

test('more than a minute can take goes on in the next one, the oldest first', async () => {
  const receipts = Array.from({ length: 20 }, () => newReceipt());
  for (const receipt of receipts.toReversed()) {
    const arrivedAt = new Date(world.clock.now().getTime() - 60_000 + receipts.indexOf(receipt));
    await keep(world, { way: 'c2b-confirmation', body: noticeBody({ TransID: receipt, BillRefNumber: 'X' }), arrivedAt });
  }
  let seconds = 0;
  const hurried = { now: () => new Date(world.clock.now().getTime() + 1_000 * seconds++) };
  const step = readInSpilled(spilledCallbacks);
  const report = await step({ ...world.app, clock: hurried }, new Date(world.clock.now().getTime() + 1_500));
  expect(report).toEqual({ read: 8, dead: 0, left: 12 });
  expect(await Promise.all(receipts.map(booked))).toEqual([...Array(8).fill(1), ...Array(12).fill(0)]);
  expect(await strike('scheduled-minute')).toMatchObject({ spilled: { read: 12, left: 0 } });
  expect(await Promise.all(receipts.map(booked))).toEqual(Array(20).fill(1));
});

test('what is read and cannot be settled stays, keeps nothing else from being read in, and raises an alarm', async () => {
  const prompt = await keptSuccess();
  const receipt = newReceipt();
  await keep(world, { way: 'c2b-confirmation', body: noticeBody({ TransID: receipt }) });
  await world.database.sql('alter function settle_stk_5 rename to settle_stk_away');
  expect(await strike('scheduled-minute')).toMatchObject({ spilled: 'failed' });
  expect([await booked(receipt), await booked(prompt.receipt), keptKeys(world).length]).toEqual([1, 0, 1]);
  expect(await tasks('job_failed')).toMatchObject([{ subject: 'spilled', open: true }]);
  await world.database.sql('alter function settle_stk_away rename to settle_stk_5');
  expect(await strike('scheduled-minute')).toMatchObject({ spilled: { read: 1 } });
  expect([await booked(prompt.receipt), keptKeys(world)]).toEqual([1, []]);
});
