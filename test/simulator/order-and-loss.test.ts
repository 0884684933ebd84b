import { describe, expect, it } from 'vitest';
import { type Bench, contentOf, createBench, PERSON } from './bench.ts';
import { postsTo, requestsOf } from './requests.ts';

/** What was told, with the seconds since the bench began. */
const told = ({ callbacks }: Bench, since: Date) => callbacks.map(({ url, at }) => `${url} ${(at.getTime() - since.getTime()) / 1_000}`);

describe('the notice of an STK payment', () => {
  it.each([
    [{}, ['/callback 1', '/confirmation 1']],
    [{ callbackMs: 60_000 }, ['/confirmation 1', '/callback 60']],
    [{ notice: 'before' }, ['/confirmation 1', '/callback 2']],
    [{ notice: 'before', callbackMs: 5_000, noticeGapMs: 20_000 }, ['/confirmation 5', '/callback 25']],
    [{ notice: 'after', copies: 2, spreadMs: 10_000, noticeGapMs: 30_000 }, ['/callback 1', '/callback 11', '/confirmation 41']],
    [{ notice: 'none' }, ['/callback 1']],
    [{ lost: true }, ['/confirmation 1']],
    [{ lost: true, notice: 'none' }, []],
    [{ callbackFirst: true, notice: 'before' }, ['/confirmation 0', '/callback 0']],
    [{ callbackFirst: true, notice: 'after' }, ['/callback 0', '/confirmation 1']],
  ] as const)('comes before, after or without the callback: %j', async (plan, expected) => {
    await using bench = await createBench();
    await requestsOf(bench).register();
    const { body } = await bench.push();
    const since = bench.clock.now();
    await bench.control.answer(body.CheckoutRequestID, { outcome: 'paid', ...plan });
    await bench.clock.advance(300_000);
    expect(told(bench, since)).toEqual(expected);
    expect(bench.control.truth().receivedCents).toBe('35000');
  });

  it('of a payment that failed does not exist, whatever the plan says', async () => {
    await using bench = await createBench();
    await requestsOf(bench).register();
    bench.control.plan({ next: 1, outcome: 'cancelled', notice: 'before' });
    await bench.push();
    await bench.clock.advance(300_000);
    expect(bench.callbacks.map(({ url }) => url)).toEqual(['/callback']);
  });
});

describe('an outage', () => {
  it('loses every confirmation of its time, and none comes later', async () => {
    await using bench = await createBench({ switches: { c2bValidation: false } });
    await requestsOf(bench).register();
    const pay = () => bench.control.payBill({ phone: PERSON, amountShillings: 10, account: 'A' });
    await bench.post('/simulator/outages', { afterMs: 10_000, forMs: 60_000 });
    await pay();
    await bench.clock.advance(10_000);
    for (let i = 0; i < 3; i += 1) {
      await pay();
      const { body } = await bench.push({ Amount: 5 });
      await bench.control.answer(body.CheckoutRequestID, { pin: '1234' });
      await bench.clock.advance(20_000);
    }
    expect(bench.callbacks.map(({ url }) => url)).toEqual(['/confirmation', '/callback', '/callback', '/callback']);
    await pay();
    await bench.clock.advance(48 * 3_600_000);
    expect(postsTo(bench, '/confirmation')).toHaveLength(2);
    expect(bench.control.truth()).toMatchObject({ receivedCents: '6500' });
  });

  it('swallows what it names, also what would come before the response', async () => {
    await using bench = await createBench();
    const { payout, balance } = requestsOf(bench);
    bench.control.outage({ what: ['callback', 'result'], forMs: 60_000 });
    bench.control.plan({ next: 1, outcome: 'paid', callbackFirst: true });
    await bench.push();
    bench.control.plan({ api: 'b2c', next: 1, resultFirst: true });
    await payout();
    bench.control.plan({ api: 'accountbalance', next: 1, timedOut: true, outcome: 'dropped' });
    await balance();
    await bench.clock.advance(600_000);
    expect(bench.callbacks.map(({ url }) => url)).toEqual(['/timeout']);
    expect(bench.control.truth()).toMatchObject({ receivedCents: '35000', sentCents: '50000' });
  });
});

describe('a query that is wrong for a while', () => {
  const answers = async (bench: Bench, id: string, seconds: number[]) => {
    const given: string[] = [];
    let at = 0;
    for (const second of seconds) {
      await bench.clock.advance((second - at) * 1_000);
      at = second;
      const { body } = await bench.query(id);
      given.push(body.ResultCode ?? `${body.errorCode} ${body.errorMessage}`);
    }
    return given;
  };

  it('says 1037 at 20 s of a prompt that is paid at 30 s', async () => {
    await using bench = await createBench();
    bench.control.plan({ next: 1, outcome: 'paid', delayMs: 30_000, queries: [{ fromMs: 15_000, untilMs: 45_000, code: 1037 }] });
    const { body } = await bench.push();
    expect(await answers(bench, body.CheckoutRequestID, [10, 20])).toEqual(['4999', '1037']);
    expect(bench.control.ringing()).toHaveLength(1);
    expect((await bench.query(body.CheckoutRequestID)).body.ResultDesc).toBe('DS timeout user cannot be reached.');
    expect(await answers(bench, body.CheckoutRequestID, [11, 26])).toEqual(['1037', '0']);
    expect(contentOf(bench.callbacks[0]).ResultCode).toBe(0);
  });

  it('says any code, or an error, of a prompt that a person answers', async () => {
    await using bench = await createBench();
    const { body } = await bench.push();
    const path = `/simulator/prompts/${body.CheckoutRequestID}/queries`;
    const lies = [
      { untilMs: 10_000, code: '1032' },
      { fromMs: 10_000, untilMs: 20_000, code: '500.001.1001', says: 'The transaction is being processed' },
    ];
    expect((await bench.post(path, { lies })).body).toEqual({ done: true });
    expect(await answers(bench, body.CheckoutRequestID, [5, 15, 25])).toEqual([
      '1032',
      '500.001.1001 The transaction is being processed',
      '4999',
    ]);
    expect((await bench.post(path, { lies: [{ fromMs: 5, untilMs: 5, code: '1' }] })).body.change).toContain('later than fromMs');
  });

  it('is drawn at random, and so is the order of notices', async () => {
    await using bench = await createBench();
    await requestsOf(bench).register();
    bench.control.plan({ random: { noticeFirstRate: 0.4, noticeLostRate: 0.3, wrongQueryRate: 0.5 } });
    for (let i = 0; i < 20; i += 1) await bench.push({ PhoneNumber: `2547220000${10 + i}`, Amount: 10 + i });
    await bench.clock.advance(600_000);
    const plans = bench.control.prompts().map(({ plan }) => plan);
    for (const notice of ['before', 'none', undefined]) expect(plans.filter((plan) => plan?.notice === notice).length).toBeGreaterThan(1);
    expect(plans.filter((plan) => plan?.queries.length === 1).length).toBeGreaterThan(3);
  });
});
