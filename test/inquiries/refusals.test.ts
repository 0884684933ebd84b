import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askBalance } from '#mpesa/inquiries/ask-balance.ts';
import { startWorld, type World } from '../world/world.ts';
import { openTasks, startAsking } from './asking.ts';

type Treasurer = Awaited<ReturnType<typeof startAsking>>;
const receipt = 'UKL7XYZ123';
const states = ({ database }: World) =>
  database.sql<{ state: string; refusal: string | null }>('select state, refusal from inquiries order by id');

async function worldOf(environment: Record<string, string> = {}): Promise<{ world: World; treasurer: Treasurer }> {
  const world = await startWorld({ environment });
  return { world, treasurer: await startAsking(world) };
}

describe('without an initiator', () => {
  let world: World;
  let treasurer: Treasurer;
  beforeAll(async () => {
    ({ world, treasurer } = await worldOf({ MPESA_INITIATOR_NAME: '', MPESA_INITIATOR_PASSWORD: '', MPESA_CERTIFICATE: '' }));
  });
  afterAll(() => world.stop());

  test('every question is refused with the variables to set, and nothing is written or asked', async () => {
    for (const { status, body } of [await treasurer.ask({ receipt }), await treasurer.askBalance()]) {
      expect([status, body]).toEqual([503, expect.objectContaining({ code: 'initiator_not_configured' })]);
      expect(body.detail).toContain('MPESA_INITIATOR_PASSWORD');
    }
    expect(await states(world)).toEqual([]);
    expect(world.simulator.control.requests()).toEqual([]);
  });

  test('the history can be read all the same, and the job asks nobody', async () => {
    expect(await treasurer.balances()).toMatchObject({
      status: 200,
      body: { accounts: [], lastAsked: null, history: [], nextBefore: null },
    });
    await world.pass(1);
    expect(await askBalance(world.app)).toEqual({ asked: false });
    expect(world.simulator.control.requests()).toEqual([]);
    expect(await openTasks(world)).toEqual([]);
  });
});

describe('with wrong keys of the app', () => {
  test('a question is refused as ours to mend, and recorded as refused', async () => {
    const { world, treasurer } = await worldOf({ MPESA_CONSUMER_SECRET: 'another-secret' });
    const { status, body } = await treasurer.ask({ receipt });
    expect([status, body]).toEqual([502, expect.objectContaining({ code: 'provider_refused', inquiryId: expect.any(String) })]);
    expect(JSON.stringify(body)).not.toContain('another-secret');
    expect(await states(world)).toEqual([{ state: 'refused', refusal: 'wrong_credentials' }]);
    expect((await treasurer.read(body.inquiryId)).body).toMatchObject({ state: 'refused', refusal: 'wrong_credentials', answer: null });
    await world.stop();
  });
});

describe('with a wrong password of the initiator', () => {
  test('the answer says so, and payouts are stopped before it is locked', async () => {
    const { world, treasurer } = await worldOf({ MPESA_INITIATOR_PASSWORD: 'Outdated2025!' });
    const { body } = await treasurer.askBalance();
    await world.clock.advance(10_000);
    await world.settled();
    expect((await treasurer.balances()).body).toMatchObject({
      accounts: [],
      history: [],
      lastAsked: {
        inquiryId: body.inquiryId,
        state: 'answered',
        reason: 'wrong_credentials',
        explanation: expect.stringContaining('MPESA_INITIATOR_PASSWORD'),
      },
    });
    expect(await openTasks(world)).toEqual([{ kind: 'payouts_stopped', subject: 'wrong_credentials' }]);
    await world.clock.advance(2 * 3_600_000);
    await world.pass(1);
    expect(world.simulator.control.requests()).toHaveLength(1);
    await world.stop();
  });
});

describe('when Safaricom', () => {
  let world: World;
  let treasurer: Treasurer;
  beforeAll(async () => {
    ({ world, treasurer } = await worldOf());
  });
  afterAll(() => world.stop());

  test.each([
    ['has had too many requests', 'spike-arrest', 503, 'provider_unavailable'],
    ['throttles', 'throttled', 503, 'provider_unavailable'],
    ['blocks us', 'waf', 503, 'provider_unavailable'],
  ] as const)('%s, asking later will do', async (_, fault, status, code) => {
    world.simulator.control.fault({ api: 'transactionstatus', fault, times: 5 });
    expect(await treasurer.ask({ receipt })).toMatchObject({ status, body: { code } });
    world.simulator.control.reset({});
  });

  test.each(['server-error', 'not-json', 'drop-after', 'maintenance'] as const)(
    'answers unclearly (%s), the question stands and waits',
    async (fault) => {
      world.simulator.control.fault({ api: 'transactionstatus', fault, times: 5 });
      const { status, body } = await treasurer.ask({ receipt });
      expect([status, body.state]).toEqual([202, 'asked']);
      expect((await treasurer.read(body.inquiryId)).body).toMatchObject({ state: 'asked', refusal: null });
      world.simulator.control.reset({});
    },
  );

  test('refuses the hourly question, the job does not fail and asks again in an hour', async () => {
    world.simulator.control.fault({ api: 'accountbalance', fault: 'throttled', times: 5 });
    expect(await askBalance(world.app)).toEqual({ asked: true });
    world.simulator.control.reset({});
    expect(await askBalance(world.app)).toEqual({ asked: false });
    await world.clock.advance(3_600_000);
    expect(await askBalance(world.app)).toEqual({ asked: true });
    expect(world.simulator.control.requests()).toHaveLength(1);
  });
});
