import { afterAll, beforeAll, expect, test } from 'vitest';
import { composeSummary } from '#desk/reports/compose-summary.ts';
import { promiseSummaries } from '#desk/reports/promise-summaries.ts';
import { addPerson, type NewPerson } from '#people/people/manage-people.ts';
import { newPhone, push } from '../world/checkout.ts';
import { strike } from '../world/route.ts';
import { startWorld, type World } from '../world/world.ts';
import { countAll } from './count-all.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld(); // 21 November 2026, noon in Nairobi
});
afterAll(() => world.stop());

const employ = (role: NewPerson['role'], email: string | undefined) =>
  addPerson(world.app.db, { phone: newPhone(), name: `A ${role}`, email, role }, { actor: 'test', now: world.clock.now() });

const summariesTo = (to: string) =>
  world.inbox.messages().filter((mail) => mail.to.some(({ email }) => email === to) && /Summary of|Muhtasari wa/.test(mail.subject));
const till = async (at: string) => world.clock.advance(Date.parse(at) - world.clock.now().getTime());

test('at 07:00 each administrator and treasurer with an e-mail gets the summary of yesterday, once, in their language', async () => {
  await employ('admin', 'admin@example.com');
  const treasurer = await employ('treasurer', 'hazina@example.com');
  await employ('treasurer', undefined);
  await employ('member', 'mwanachama@example.com');
  const gone = await employ('admin', 'gone@example.com');
  await world.database.sql('update people set disabled_at = now() where id = $1', [gone.id]);
  await world.database.sql(
    `insert into members (id, person_id, national_id, national_id_hash, born_on, language, joined_at) values (new_id_1(), $1, '', 'hash', '', 'sw', now())`,
    [treasurer.id],
  );
  const { prompt } = await push(world);
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.clock.advance(10_000);
  await world.settled();
  await world.pass(2);

  await till('2026-11-22T03:59:00Z');
  await strike('scheduled-minute');
  expect(summariesTo('admin@example.com')).toEqual([]);
  await till('2026-11-22T04:00:00Z');
  await Promise.all([strike('scheduled-minute'), strike('scheduled-minute')]);
  await world.pass(5);
  const [mail, ...more] = summariesTo('admin@example.com');
  expect(more).toEqual([]);
  expect(mail?.subject).toBe('Duka la Kahawa: Summary of Saturday, 21 November 2026');
  expect(mail?.text).toContain('Received: KES 1,250 in 1 payment\n');
  expect(mail?.text).toContain('Payments that were paid: 1 of 1 (100 %)\n');
  expect(mail?.html).toContain('KES 1,250 in 1 payment');
  expect(summariesTo('hazina@example.com').map(({ subject }) => subject)).toEqual([
    'Duka la Kahawa: Muhtasari wa Jumamosi, 21 Novemba 2026',
  ]);
  for (const nobody of ['mwanachama@example.com', 'gone@example.com']) expect(summariesTo(nobody)).toEqual([]);
  await till('2026-11-22T20:50:00Z');
  await world.pass(2);
  expect(summariesTo('admin@example.com')).toHaveLength(1);
});

test('a morning that was missed is made up for on the same day, and not on the next one', async () => {
  await till('2026-11-23T16:00:00Z'); // the clock was dead from midnight to seven in the evening
  await world.pass(1);
  expect(summariesTo('admin@example.com').map(({ subject }) => subject)).toEqual([
    'Duka la Kahawa: Summary of Saturday, 21 November 2026',
    'Duka la Kahawa: Summary of Sunday, 22 November 2026',
  ]);
  expect(summariesTo('admin@example.com').at(-1)?.text).toContain('Nothing moved on this day.');
  await till('2026-11-25T04:00:00Z'); // a whole day without a clock
  await world.pass(2);
  expect(
    summariesTo('admin@example.com')
      .map(({ subject }) => subject)
      .slice(2),
  ).toEqual(['Duka la Kahawa: Summary of Tuesday, 24 November 2026']);
});

test('whoever comes after seven gets their first on the next morning; who leaves before it is sent gets none', async () => {
  await employ('treasurer', 'new@example.com');
  const leaves = await employ('admin', 'leaves@example.com');
  await world.pass(1);
  expect(summariesTo('new@example.com')).toEqual([]);
  await till('2026-11-26T04:00:00Z');
  expect(await promiseSummaries(world.app)).toEqual({ promised: 4 });
  await world.database.sql("update people set role = 'member' where id = $1", [leaves.id]);
  await world.pass(1);
  expect(summariesTo('new@example.com')).toHaveLength(1);
  expect(summariesTo('leaves@example.com')).toEqual([]);
});

test('a summary that could not be sent on its day is not sent on the next', async () => {
  await till('2026-11-27T04:00:00Z');
  const before = summariesTo('admin@example.com').length;
  await promiseSummaries(world.app);
  await till('2026-11-28T02:00:00Z');
  await world.pass(1);
  expect(summariesTo('admin@example.com')).toHaveLength(before);
});

test('a setting turns it off', async () => {
  await till('2026-11-28T05:00:00Z');
  const { config } = world.app;
  const off = { ...world.app, config: { ...config, reports: { ...config.reports, dailySummary: false } } };
  expect(await promiseSummaries(off)).toEqual({ promised: 0 });
  await countAll(world);
});

test('why prompts failed is said to operators, and what is nothing on a quiet day is left out', () => {
  const none = { movements: 0, received: 0, unproved: 0, recovered: 0, revenue: 0, vat: 0, paymentsCreated: 0, promptsAccepted: 0 };
  const more = { medianSeconds: null, p95Seconds: null, paidOut: 0, payouts: 0, sms: 0, emails: 0 };
  const text = (day: object) => {
    const facts = { on: '2026-11-21', day: { ...none, ...more, ...day } as never, floats: [], tasks: { openTasks: 0, oldestTaskAt: null } };
    return composeSummary(facts, { language: 'en', organisation: { name: 'Duka', colour: '#0b7a3b' } }).text;
  };
  const failed = text({
    failures: [
      { reason: 'cancelled', prompts: 3 },
      { reason: 'no_answer', prompts: 1 },
    ],
  });
  expect(failed).toContain('Why prompts failed: 3 × cancelled on the phone; 1 × Safaricom never said how it ended\n');
  expect(text({ failures: [] })).not.toMatch(/Received|Revenue|KES 0/);
});

test('both parts say the same in both languages, and a name cannot steer the mail', () => {
  const day = undefined;
  for (const language of ['en', 'sw'] as const) {
    const facts = {
      on: '2026-11-21',
      day,
      floats: [{ shortcode: '174379', available: 2900, forecast: { lastsUntil: '2026-11-28' } }],
      tasks: { openTasks: 2, oldestTaskAt: new Date('2026-11-20T09:00:00Z') },
    };
    const mail = composeSummary(facts, { language, organisation: { name: '<b>Duka</b>\r\nBcc: x@example.com', colour: '#0b7a3b' } });
    expect(mail.subject).not.toMatch(/[\r\n]/);
    expect(mail.html).not.toContain('<b>Duka');
    expect(mail.text).toContain('KES 2,900');
    expect(mail.html).toContain('KES 2,900');
  }
});
