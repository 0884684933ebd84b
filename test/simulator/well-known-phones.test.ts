import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { operations } from '../../dev/daraja/control-api.ts';
import { FaultOrder } from '../../dev/daraja/fault-order.ts';
import { outcomeNames, outcomes } from '../../dev/daraja/outcomes.ts';
import { resultOutcomeNames, resultOutcomes } from '../../dev/daraja/result-outcomes.ts';
import { Switches } from '../../dev/daraja/switches.ts';
import { wellKnownPhones } from '../../dev/daraja/well-known-phones.ts';
import { type Bench, contentOf, createBench } from './bench.ts';

const codes = (bench: Bench) => bench.callbacks.map((callback) => contentOf(callback).ResultCode);
const queried = async (bench: Bench, id: string) => (await bench.query(id)).body.ResultCode;

/** For each phone: the codes called back within five minutes, and whether money moved. */
const expected: Record<string, { calledBack: (number | string)[]; moved: boolean }> = {
  '254708374149': { calledBack: [0], moved: true },
  '254711111111': { calledBack: [1], moved: false },
  '254711111112': { calledBack: [1032], moved: false },
  '254711111113': { calledBack: [1037], moved: false },
  '254711111114': { calledBack: [2001], moved: false },
  '254711111115': { calledBack: [1037], moved: false },
  '254711111116': { calledBack: [], moved: false },
  '254711111117': { calledBack: [0], moved: true },
  '254711111118': { calledBack: [0, 0, 0], moved: true },
  '254711111119': { calledBack: [], moved: true },
  '254711111120': { calledBack: ['SFC_IC0003'], moved: false },
  '254711111121': { calledBack: [0], moved: true },
  '254711111122': { calledBack: [0], moved: true },
  '254711111123': { calledBack: [1037, 0], moved: true },
  '254711111124': { calledBack: [1019], moved: false },
  '254711111125': { calledBack: [8006], moved: false },
  '254711111126': { calledBack: [], moved: false },
};

it.each(wellKnownPhones)('$phone $does', async ({ phone }) => {
  await using bench = await createBench();
  await bench.push({ PhoneNumber: phone }).catch(() => undefined);
  await bench.clock.advance(300_000);
  expect({ calledBack: codes(bench), moved: bench.control.truth().receivedCents === '35000' }).toEqual(expected[phone]);
});

it('refuses the busy phone and the one that is not on the network at once', async () => {
  await using bench = await createBench();
  expect((await bench.push({ PhoneNumber: '254711111116' })).body.errorMessage).toMatch(/^Unable to lock subscriber/);
  expect((await bench.push({ PhoneNumber: '254711111126' })).body.errorMessage).toBe('No ICCID found on NMS');
  expect(bench.control.truth().promptsAccepted).toBe(0);
});

it('lets the query say 1037 before a late success, and moves the money only then', async () => {
  await using bench = await createBench();
  const id = (await bench.push({ PhoneNumber: '254711111117' })).body.CheckoutRequestID;
  expect(await queried(bench, id)).toBe('4999');
  await bench.clock.advance(4_000);
  expect(await queried(bench, id)).toBe('1037');
  expect(bench.control.truth().receivedCents).toBe('0');
  await bench.clock.advance(30_000);
  expect(await queried(bench, id)).toBe('0');
  expect(bench.control.truth().receivedCents).toBe('35000');
});

it('calls back before it answers the request', async () => {
  await using bench = await createBench();
  const answered = bench.push({ PhoneNumber: '254711111121' }).then(() => bench.callbacks.length);
  expect(await answered).toBe(1);
});

it('breaks the connection after it has accepted', async () => {
  await using bench = await createBench();
  await expect(bench.push({ PhoneNumber: '254711111122' })).rejects.toThrow('fetch failed');
  expect(bench.control.truth().promptsAccepted).toBe(1);
});

it('never empties the wallet of the phone that pays by itself', async () => {
  await using bench = await createBench();
  for (let i = 0; i < 4; i += 1) {
    await bench.push({ PhoneNumber: '254708374149', Amount: 250_000 });
    await bench.clock.advance(10_000);
  }
  expect(bench.control.truth().receivedCents).toBe('100000000');
});

it('lists every phone, operation, outcome, fault and switch in the README', () => {
  const readme = readFileSync('dev/daraja/README.md', 'utf8').replace(/ +/g, ' ');
  for (const { phone, does, payout } of wellKnownPhones) {
    expect(readme).toContain(`| ${phone} | ${does} |`);
    if (payout) expect(readme).toContain(`| ${phone} | ${payout.does} |`);
  }
  for (const name of resultOutcomeNames) expect(readme).toContain(`\`${name}\` (${resultOutcomes[name].code})`);
  for (const { method, path, does } of operations) expect(readme).toContain(`| \`${method} ${path.replace('/:', '/…')}\` | ${does} |`);
  for (const name of outcomeNames) expect(readme).toContain(`\`${name}\` (${outcomes[name].code})`);
  for (const name of [...FaultOrder.shape.fault.options, ...Object.keys(Switches.shape)]) expect(readme).toContain(`\`${name}\``);
});
