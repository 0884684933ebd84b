import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { newId } from '#ground/db/columns.ts';
import { decideBulkPayout } from '#mpesa/payouts/bulk/decide-bulk-payout.ts';
import { requestBulkPayout } from '#mpesa/payouts/bulk/request-bulk-payout.ts';
import { prepareGround } from '../chaos/ground.ts';
import { scaled } from '../world/counts.ts';
import { csvOf } from './bulk.ts';

const LINES = scaled(600);
const KILLS = scaled(8);

test(`${KILLS} kills of the functions while ${LINES} lines are reserved and sent: each is paid once`, async () => {
  await using ground = await prepareGround({ pull: false, seed: 39 });
  const { platform, control, clock, app, database } = ground;
  const strike = async () => {
    await clock.advance(60_000);
    await platform.send('POST', '/strike/scheduled-minute');
  };
  for (let n = 0; n < 1 + LINES / 4_000; n++) {
    const phoneNumber = `254${700_000_100 + n}`;
    control.setBalance(phoneNumber, 250_000);
    await platform.send('POST', '/api/payments/stk-push', JSON.stringify({ phoneNumber, items: [{ sku: 'coffee', quantity: 160 }] }));
    await control.answer(control.prompts().find((each) => each.phone === phoneNumber)?.checkoutRequestId ?? '', { pin: '1234' });
    await strike();
  }
  const call = (id: string) => {
    const person = { role: 'treasurer', phoneHash: id, maskedPhone: '', sessionId: id, sessionEndsAt: clock.now() };
    return {
      requestId: 'test',
      address: '203.0.113.7',
      caller: { id, scopes: [], person },
      later: () => undefined,
      setCookie: () => undefined,
    };
  };
  const file = new TextEncoder().encode(csvOf(Array.from({ length: LINES }, () => ({ amount: 50 }))));
  const { bulkId, hash } = await requestBulkPayout(app, { file, reason: 'Wages', again: false }, call(`person:${newId()}`));
  await decideBulkPayout(app, { id: bulkId, decision: 'approve', hash, partly: false }, call(`person:${newId()}`));

  for (let kill = 0; kill < KILLS; kill++) {
    await clock.advance(120_000); // the lease of what was cut off
    const struck = platform.send('POST', '/strike/scheduled-minute');
    await sleep(200 + ((kill * 977) % 1_500));
    platform.kill();
    await struck;
  }
  for (let minute = 0; minute < 15; minute++) await strike();

  const [row] = await database.sql<{ lines: number; payouts: number; parts: number; paid: number }>(
    `select count(*)::int as lines, count(distinct l.payout_id)::int as payouts, count(w.id)::int as parts, count(*) filter (where w.state = 'paid')::int as paid
     from bulk_lines l left join withdrawals w on w.payout_id = l.payout_id where l.bulk_id = $1`,
    [bulkId],
  );
  expect(row).toEqual({ lines: LINES, payouts: LINES, parts: LINES, paid: LINES });
  expect(platform.killed()).toBe(KILLS);
  expect(BigInt(control.truth().sentCents)).toBe(BigInt(LINES) * 5_000n);
  expect((await balances(app.db)).payout_reserve ?? 0n).toBe(0n);
}, 600_000);
