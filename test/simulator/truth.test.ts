import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { contentOf, createBench, PERSON } from './bench.ts';
import { requestsOf } from './requests.ts';

describe('the truth', () => {
  it('moves money when the PIN is accepted, before any callback, and from the wallet that paid', async () => {
    await using bench = await createBench();
    const { body } = await bench.push();
    expect(bench.control.truth().receivedCents).toBe('0');
    await bench.control.answer(body.CheckoutRequestID, { pin: '1234' });
    expect(bench.callbacks).toEqual([]);
    expect(bench.control.truth()).toMatchObject({
      receivedCents: '35000',
      sentCents: '0',
      transactions: [{ phone: PERSON, amountShillings: 350, checkoutRequestId: body.CheckoutRequestID, accountReference: 'INV-7' }],
      promptsAccepted: 1,
      tokenCalls: 1,
      callbacksDelivered: 0,
    });
    expect(bench.control.handset(PERSON).balanceShillings).toBe(99_650);
    await bench.clock.advance(1_000);
    const receipt = contentOf(bench.callbacks[0]).CallbackMetadata.Item[1].Value;
    expect(bench.control.truth().transactions[0]?.receipt).toBe(receipt);
  });

  it('keeps to the wallet, the day and, where switched on, rule 17', async () => {
    await using bench = await createBench({ switches: { ruleSeventeen: true, startBalanceShillings: 1_000_000 } });
    const pay = async (Amount: number) => {
      const { body } = await bench.push({ Amount });
      return (await bench.control.answer(body.CheckoutRequestID, { pin: '1234' })).outcome;
    };
    expect(await pay(250_000)).toBe('paid');
    expect(await pay(250_000)).toBe('rule-limited');
    await bench.clock.advance(120_000);
    expect(await pay(250_000)).toBe('paid');
    expect(await pay(1)).toBe('daily-limit');
    await bench.clock.advance(24 * 3_600_000);
    bench.control.setBalance(PERSON, 99);
    expect(await pay(100)).toBe('insufficient-funds');
    expect(await pay(99)).toBe('paid');
    expect(bench.control.truth().receivedCents).toBe('50009900');
  });

  it('lets a prompt be paid once, and times it out after a minute', async () => {
    await using bench = await createBench();
    const paid = (await bench.push()).body.CheckoutRequestID;
    await bench.control.answer(paid, { pin: '1234' });
    await expect(bench.control.answer(paid, { pin: '1234' })).rejects.toThrow('ended already: paid');
    const left = (await bench.push()).body.CheckoutRequestID;
    await bench.clock.advance(59_999);
    expect(bench.control.ringing()).toHaveLength(1);
    await bench.clock.advance(1);
    expect(bench.control.ringing()).toEqual([]);
    await expect(bench.control.answer(left, { pin: '1234' })).rejects.toThrow('ended already: no-answer');
    expect(bench.control.truth().transactions).toHaveLength(1);
  });
});

it('lets an answer that was put off take the place of the time-out', async () => {
  await using bench = await createBench();
  const { body } = await bench.push();
  await bench.control.answer(body.CheckoutRequestID, { outcome: 'paid', delayMs: 120_000 });
  await bench.clock.advance(119_999);
  expect(bench.control.ringing()).toHaveLength(1);
  await bench.clock.advance(1);
  expect(bench.control.truth().receivedCents).toBe('35000');
});

describe('a state file', () => {
  it('brings back money, wallets, tokens, open prompts and promised callbacks after a restart', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'simulator-'));
    const stateFile = join(folder, 'state', 'mpesa.json');
    try {
      const before = await createBench({ stateFile });
      const paid = (await before.push()).body.CheckoutRequestID;
      await before.control.answer(paid, { pin: '1234' });
      const open = (await before.push({ CallBackURL: 'http://127.0.0.1:9/gone' })).body.CheckoutRequestID;
      const { Authorization } = await before.bearer();
      const truth = before.control.truth();
      await before[Symbol.asyncDispose]();
      await before.clock.advance(60_000);
      expect(before.control.truth()).toEqual(truth);

      await using after = await createBench({ stateFile, seed: 99 });
      expect(after.control.truth()).toEqual(truth);
      expect(after.control.handset(PERSON)).toMatchObject({
        balanceShillings: 99_650,
        prompt: { checkoutRequestId: open, secondsLeft: 60 },
      });
      const reply = await after.post('/mpesa/stkpush/v1/processrequest', after.pushFields(), { Authorization });
      expect(reply.body.errorMessage).toMatch(/^Unable to lock subscriber/);
      await after.clock.advance(61_000);
      expect(after.control.prompts().map(({ outcome }) => outcome)).toEqual(['no-answer', 'paid']);
      expect(after.control.truth().callbacksDelivered).toBe(truth.callbacksDelivered + 2);

      // What was delivered stays delivered: a callback never comes again because of a restart.
      await using third = await createBench({ stateFile });
      await third.clock.advance(600_000);
      expect(third.control.truth().callbacksDelivered).toBe(truth.callbacksDelivered + 2);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('brings back accounts, registrations, promised results and used ids after a restart, and pays nothing twice', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'simulator-'));
    const stateFile = join(folder, 'mpesa.json');
    try {
      const before = await createBench({ stateFile });
      const asked = requestsOf(before);
      const gone = { ResultURL: 'http://127.0.0.1:9/gone' };
      await asked.register({ ConfirmationURL: 'http://127.0.0.1:9/gone', ValidationURL: 'http://127.0.0.1:9/gone' });
      await asked.simulate();
      await asked.payout(gone);
      await before.clock.advance(2_000);
      await asked.payout({ ...gone, OriginatorConversationID: 'payout-2' });
      const truth = before.control.truth();
      expect(truth).toMatchObject({ receivedCents: '12000', sentCents: '50000' });
      await before[Symbol.asyncDispose]();

      // The second payout's step is cut short, as by a crash while it ran.
      const state = JSON.parse(readFileSync(stateFile, 'utf8'));
      writeFileSync(stateFile, JSON.stringify({ ...state, steps: state.steps.filter(({ kind }: { kind: string }) => kind !== 'process') }));
      await using after = await createBench({ stateFile });
      expect(after.control.truth()).toEqual(truth);
      expect((await requestsOf(after).payout()).body.errorMessage).toBe('Duplicate OriginatorConversationID.');
      await after.clock.advance(60_000);
      expect(after.control.truth()).toMatchObject({ sentCents: '100000', accounts: { '600996': { utilityShillings: 999_000 } } });
      expect(after.control.requests().map(({ outcome }) => outcome)).toEqual(['completed', 'completed']);
      expect(after.control.truth().callbacksDelivered).toBe(3);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('times out a prompt whose step was cut short by a crash', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'simulator-'));
    const stateFile = join(folder, 'mpesa.json');
    try {
      const before = await createBench({ stateFile });
      await before.push();
      await before[Symbol.asyncDispose]();
      const state = JSON.parse(readFileSync(stateFile, 'utf8'));
      writeFileSync(stateFile, JSON.stringify({ ...state, steps: [] }));
      await using after = await createBench({ stateFile });
      await after.clock.advance(0);
      expect(after.control.prompts()).toMatchObject([{ state: 'closed', outcome: 'no-answer' }]);
      expect((await after.push()).status).toBe(200);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('of an earlier version is read, and goes on from where it stood', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'simulator-'));
    const stateFile = join(folder, 'mpesa.json');
    try {
      const before = await createBench({ stateFile });
      await before.control.payBill({ phone: PERSON, amountShillings: 120, account: 'A' });
      await before[Symbol.asyncDispose]();
      const { entries: _, pulledAt: __, ...state } = JSON.parse(readFileSync(stateFile, 'utf8'));
      for (const moved of state.transactions)
        for (const name of ['organisation', 'till', 'chargeShillings', 'customerChargeShillings', 'byHand']) delete moved[name];
      for (const accounts of Object.values(state.accounts) as Record<string, number>[]) delete accounts.settlementShillings;
      writeFileSync(stateFile, JSON.stringify(state));
      await using after = await createBench({ stateFile });
      await after.control.payBill({ phone: PERSON, amountShillings: 30, account: 'B' });
      expect(after.control.truth()).toMatchObject({ receivedCents: '15000', chargedCents: '0' });
      const { text } = await after.control.statement();
      expect(text).toContain('Opening Balance:,120.00,Closing Balance:,150.00');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is refused when it holds something else', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'simulator-'));
    try {
      for (const text of ['{"name":"something else"}', 'no JSON', 'null']) {
        const stateFile = join(folder, 'other.json');
        writeFileSync(stateFile, text);
        await expect(createBench({ stateFile })).rejects.toThrow('other.json does not hold');
        expect(readFileSync(stateFile, 'utf8')).toBe(text);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a seed', () => {
  const run = async (seed: number) => {
    await using bench = await createBench({ seed });
    bench.control.plan({
      random: { lostRate: 0.2, lateRate: 0.2, copies: 3, shuffle: true, outcomes: { paid: 0.7, cancelled: 0.2, 'no-answer': 0.1 } },
    });
    for (let i = 0; i < 40; i += 1) {
      await bench.push({ PhoneNumber: `2547220000${10 + i}`, Amount: 10 + i });
      await bench.clock.advance(700);
    }
    await bench.clock.advance(600_000);
    const told = bench.callbacks.map(({ text, at }) => ({ text, at }));
    const outcomes = bench.control.prompts().map(({ outcome, plan }) => `${outcome} ${plan?.copies} ${plan?.lost}`);
    return { truth: bench.control.truth(), told, outcomes };
  };

  it('gives the same run twice, and another seed another run', async () => {
    const first = await run(7);
    expect(await run(7)).toEqual(first);
    const other = await run(8);
    expect(other.outcomes).not.toEqual(first.outcomes);
    expect(other.truth.transactions[0]?.receipt).not.toBe(first.truth.transactions[0]?.receipt);
    expect(first.truth.transactions.length).toBeGreaterThan(18);
    expect(first.truth.transactions.length).toBeLessThan(38);
    // Some are lost and some come more than once, and not in the order of the requests.
    const ids = first.told.map((callback) => contentOf(callback).CheckoutRequestID);
    expect(new Set(ids).size).toBeLessThan(40);
    expect(ids.length).toBeGreaterThan(new Set(ids).size);
    expect(ids).not.toEqual([...ids].sort());
  });
});
