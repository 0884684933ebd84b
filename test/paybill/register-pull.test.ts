import { afterAll, beforeAll, expect, test } from 'vitest';
import { runRegisterPull } from '../../dev/register-pull.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { MPESA_PULL_NUMBER: '254712345678' } });
});
afterAll(() => world.stop());

async function run(app: () => World['app'] = () => world.app, argv: string[] = []) {
  const [printed, complained]: [string[], string[]] = [[], []];
  const code = await runRegisterPull(argv, { app, print: (text) => printed.push(text), complain: (text) => complained.push(text) });
  return { code, printed: printed.join(), complained: complained.join() };
}

const audited = () =>
  world.database.sql("select actor, subject, after from audit where action = 'pull_registered' order by happened_at, id");

test('nothing is registered where the number is missing, Safaricom refuses or does not answer, and the words say what to do', async () => {
  const { config } = world.app;
  const nameless = { ...world.app, config: { ...config, paybill: { ...config.paybill, pullNumber: undefined } } };
  expect(await run(() => nameless)).toMatchObject({ code: 1, complained: expect.stringContaining('MPESA_PULL_NUMBER') });
  for (const [fault, times, words] of [
    ['waf', 1, 'blocked_by_firewall'],
    ['drop-before', 1, 'try again'],
    ['subscriber-locked', 1, 'Safaricom'],
  ] as const) {
    world.simulator.control.fault({ api: 'pullregister', fault, times });
    expect([fault, await run()]).toEqual([fault, { code: 1, printed: '', complained: expect.stringContaining(words) }]);
  }
  expect(await audited()).toEqual([]);
});

test('a word that it does not know registers nothing, nor does asking for help', async () => {
  expect(await run(undefined, ['--help'])).toEqual({ code: 0, printed: expect.stringContaining('npm run register-pull'), complained: '' });
  expect(await run(undefined, ['--hepl'])).toEqual({ code: 2, printed: '', complained: expect.stringContaining('--hepl') });
  expect(await audited()).toEqual([]);
});

test('a short code is registered once, a second time does no harm, and both are on the trail', async () => {
  expect(await run()).toEqual({
    code: 0,
    printed: expect.stringContaining('174379 are registered for pulling. Set MPESA_PULL=on'),
    complained: '',
  });
  expect(await run()).toMatchObject({ code: 0, printed: expect.stringContaining('already registered') });
  expect(await audited()).toEqual([
    { actor: 'operator', subject: '174379', after: 'registered' },
    { actor: 'operator', subject: '174379', after: 'already registered' },
  ]);
});
