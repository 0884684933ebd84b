import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type MadeLoan, type MadeMember, makeLoan, makeMember, makeProduct } from '../world/lending.ts';
import { startWorld, type World } from '../world/world.ts';
import { chargePenalty, goTo, mailsTo, outboxOf, promiseDigest, putLoan, smsTo } from './telling.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld(); // Saturday, 21 November 2026, 12:00 in Nairobi
});
afterEach(() => world.stop());

const EMAIL = 'achieng@example.com';
const link = (loan: MadeLoan, amount: number) => `${world.siteUrl}/pay?reference=${loan.reference}&amount=${amount}`;
const toldOn = async (loan: MadeLoan) =>
  (
    await world.database.sql<{ on: string | null }>('select told_on::text as on from penalties where loan_id = $1 order by charged_on', [
      loan.id,
    ])
  ).map(({ on }) => on);
const payAll = ({ id }: MadeLoan) =>
  world.database.sql('update instalments set paid_principal_cents = principal_cents where loan_id = $1', [id]);

describe('what it says', () => {
  test('name, amount rounded up to whole shillings, reference and a link with the amount filled in', async () => {
    const member = await makeMember(world, { email: EMAIL });
    const loan = await makeLoan(world, { member, disbursedOn: '2026-11-14', interestCents: 4_101n });
    await promiseDigest(world, member, '2026-11-21');
    await world.pass(1);
    expect(smsTo(world, member)).toEqual([
      `Duka la Kahawa: Hello Achieng Otieno. KES 542 for loan ${loan.reference} is due today. Pay to paybill 174379, account ${loan.reference}.`,
    ]);
    const [mail] = mailsTo(world, EMAIL);
    expect(mail?.subject).toBe('What is due on your loans');
    expect(mail?.text).toBe(
      [
        'Hello Achieng Otieno,',
        '',
        `KES 542 for loan ${loan.reference} is due today.`,
        `Pay ${loan.reference}: ${link(loan, 542)}`,
        '',
        'Duka la Kahawa',
        'You get this e-mail because of your account with Duka la Kahawa.',
        `Choose which messages you get: ${world.siteUrl}/messages`,
        '',
      ].join('\n'),
    );
  });

  test.each([
    ['en', '2026-11-17', 'KES 500 for loan LN is due by 24 Nov 2026.'],
    ['sw', '2026-11-17', 'KES 500 za mkopo LN zinadaiwa kufikia 24 Nov 2026.'],
    ['en', '2026-11-14', 'KES 500 for loan LN is due today.'],
    ['sw', '2026-11-14', 'KES 500 za mkopo LN zinadaiwa leo.'],
    ['en', '2026-11-13', 'KES 500 for loan LN has been due since 20 Nov 2026.'],
    ['sw', '2026-11-13', 'KES 500 za mkopo LN zinadaiwa tangu 20 Nov 2026.'],
  ] as const)('three days before, on the day and late, in %s (%s)', async (language, disbursedOn, words) => {
    const member = await makeMember(world, { language });
    const loan = await makeLoan(world, { member, disbursedOn });
    await promiseDigest(world, member, '2026-11-21');
    await world.pass(1);
    expect(smsTo(world, member)[0]?.replace(loan.reference, 'LN')).toContain(words);
  });

  test('three loans and their penalties are one message by each channel: two SMS at most, and each penalty is explained in the mail', async () => {
    const member = await makeMember(world, { email: EMAIL });
    const percent = await makeProduct(world, {
      penaltyKind: 'percent',
      penaltyBasisPoints: 1000,
      graceDays: 2,
      penaltyFrequency: 'per_period',
    });
    const fixed = await makeProduct(world, { penaltyKind: 'fixed', penaltyCents: 10_000n });
    const late = await makeLoan(world, { member, product: percent, disbursedOn: '2026-11-07' });
    const yesterday = await makeLoan(world, { member, product: fixed, disbursedOn: '2026-11-13' });
    const soon = await makeLoan(world, { member, disbursedOn: '2026-11-17' });
    await chargePenalty(world, late, { on: '2026-11-17', days: 3 });
    await chargePenalty(world, yesterday, { on: '2026-11-21', days: 1, amountCents: 7_000 });
    await promiseDigest(world, member, '2026-11-21');
    await world.pass(3);
    const [sms, ...more] = smsTo(world, member);
    expect(more).toEqual([]);
    expect(sms).toContain(`KES 1,050 for loan ${late.reference} has been due since 14 Nov 2026, including penalties of KES 50.`);
    expect(sms).toContain(`KES 570 for loan ${yesterday.reference} has been due since 20 Nov 2026, including penalties of KES 70.`);
    expect(sms).toContain(`KES 500 for loan ${soon.reference} is due by 24 Nov 2026.`);
    expect(sms).toContain('Pay to paybill 174379, account: the loan number.');
    expect(sms?.length).toBeLessThanOrEqual(306);
    const [mail, ...others] = mailsTo(world, EMAIL);
    expect(others).toEqual([]);
    for (const loan of [late, yesterday, soon])
      expect(mail?.text).toContain(`Pay ${loan.reference}: ${world.siteUrl}/pay?reference=${loan.reference}&amount=`);
    expect(mail?.text).toContain(
      `Penalty on loan ${late.reference}: 10 % of the overdue KES 500 of instalment 1 (due 14 November 2026), for each week that it is late (this is week 1), after 2 days of grace: KES 50, charged on 17 November 2026, 3 days after the due day.`,
    );
    expect(await toldOn(late)).toEqual(['2026-11-21']);
    expect(await toldOn(yesterday)).toEqual(['2026-11-21']);
  });

  test('a penalty is told once by each channel, also when one of them comes later', async () => {
    const member = await makeMember(world, { email: EMAIL });
    const loan = await makeLoan(world, {
      member,
      product: await makeProduct(world, { penaltyKind: 'fixed', penaltyCents: 5_000n }),
      disbursedOn: '2026-11-13',
    });
    await chargePenalty(world, loan, { on: '2026-11-21', days: 1 });
    await promiseDigest(world, member, '2026-11-21');
    world.inbox.failNext(1, 503);
    await world.pass(4);
    expect(smsTo(world, member).join()).toContain('Penalty KES 50');
    expect(mailsTo(world, EMAIL)[0]?.text).toContain('Penalty on loan');
    await promiseDigest(world, member, '2026-11-23'); // a Monday
    await goTo(world, '2026-11-23T05:00:00Z');
    expect(smsTo(world, member)[1]).toMatch(/KES 550 for loan .* including penalties of KES 50\./);
    expect(smsTo(world, member)[1]).not.toContain('Penalty KES');
    expect(mailsTo(world, EMAIL)[1]?.text).not.toContain('Penalty on loan');
  });

  test('a penalty that nobody could be told of is told as soon as somebody can be', async () => {
    const member = await makeMember(world, { email: EMAIL });
    const loan = await makeLoan(world, {
      member,
      product: await makeProduct(world, { penaltyKind: 'fixed', penaltyCents: 5_000n }),
      disbursedOn: '2026-11-13',
    });
    await chargePenalty(world, loan, { on: '2026-11-21', days: 1 });
    await promiseDigest(world, member, '2026-11-21');
    await world.database.sql('update members set sms_opt_out_at = now(), email_opt_out_at = now()');
    await world.pass(1);
    expect([...smsTo(world, member), ...mailsTo(world, EMAIL)]).toEqual([]);
    expect(await toldOn(loan)).toEqual([null]);
    await world.database.sql('update members set sms_opt_out_at = null');
    await promiseDigest(world, member, '2026-11-22');
    await goTo(world, '2026-11-22T05:00:00Z');
    expect(smsTo(world, member).join()).toContain('Penalty KES 50');
    expect(await toldOn(loan)).toEqual(['2026-11-22']);
  });

  test('a penalty that was waived or came to nothing is not in the message; one that was paid is', async () => {
    const member = await makeMember(world);
    const product = await makeProduct(world, { penaltyKind: 'fixed', penaltyCents: 5_000n });
    const loans = [1, 2, 3].map(() => makeLoan(world, { member, product, disbursedOn: '2026-11-15' }));
    const [waived, nothing, paid] = (await Promise.all(loans)) as [MadeLoan, MadeLoan, MadeLoan];
    for (const loan of [waived, nothing, paid]) await chargePenalty(world, loan, { on: '2026-11-21', days: 1 });
    await world.database.sql('update penalties set waived_cents = 5000 where loan_id = $1', [waived.id]);
    await world.database.sql('update penalties set amount_cents = 0 where loan_id = $1', [nothing.id]);
    await world.database.sql('update penalties set paid_cents = 5000 where loan_id = $1', [paid.id]);
    await promiseDigest(world, member, '2026-11-21');
    await world.pass(1);
    expect(smsTo(world, member)[0]).toMatch(
      new RegExp(`^Duka la Kahawa: Hello Achieng Otieno\\. Penalty KES 50 on ${paid.reference}: [^.]*\\.`),
    );
    expect(smsTo(world, member)[0]).not.toMatch(new RegExp(`${waived.reference}|${nothing.reference}`));
  });

  test('loans that would not fit are listed in one sentence', async () => {
    const member = await makeMember(world);
    const loans: MadeLoan[] = [];
    for (const on of ['2026-11-07', '2026-11-10', '2026-11-11', '2026-11-12', '2026-11-13', '2026-11-14'])
      loans.push(await makeLoan(world, { member, disbursedOn: on }));
    await promiseDigest(world, member, '2026-11-21');
    await world.pass(1);
    const [sms = ''] = smsTo(world, member);
    for (const { reference } of loans) expect(sms).toContain(reference);
    expect(sms).toContain(' is due now or soon on 6 loans: ');
    expect(sms).toContain('Pay to paybill 174379, account: the loan number.');
    expect(sms.length).toBeLessThanOrEqual(306);
  });

  test.each(['en', 'sw'] as const)(
    'of twelve loans as many are listed as two SMS hold, with the total and how many more (%s)',
    async (language) => {
      const member = await makeMember(world, { language });
      for (let day = 3; day < 15; day += 1) await makeLoan(world, { member, disbursedOn: `2026-11-${String(day).padStart(2, '0')}` });
      await promiseDigest(world, member, '2026-11-21');
      await world.pass(1);
      const [sms = ''] = smsTo(world, member);
      const listed = sms.match(/LN-\w+ KES/g)?.length ?? 0;
      expect(listed).toBeGreaterThan(4);
      expect(sms).toContain(language === 'en' ? ' is due now or soon on 12 loans: ' : ' zinadaiwa sasa au karibuni kwa mikopo 12: ');
      expect(sms).toContain(language === 'en' ? `, and ${12 - listed} more.` : `, na mingine ${12 - listed}.`);
      expect(sms).toContain('paybill 174379');
      expect(sms.length).toBeLessThanOrEqual(306);
      expect(sms.length).toBeGreaterThan(270);
    },
  );

  test('without an address the penalties that an SMS has no room for come the next mornings, each once', async () => {
    const member = await makeMember(world);
    const percent = await makeProduct(world, { penaltyKind: 'percent', penaltyBasisPoints: 1000, graceDays: 2 });
    const fixed = await makeProduct(world, { penaltyKind: 'fixed', penaltyCents: 10_000n });
    const late = await makeLoan(world, { member, product: percent, disbursedOn: '2026-11-07' });
    const yesterday = await makeLoan(world, { member, product: fixed, disbursedOn: '2026-11-13' });
    const today = await makeLoan(world, { member, disbursedOn: '2026-11-14' });
    await chargePenalty(world, late, { on: '2026-11-17', days: 3 });
    await chargePenalty(world, yesterday, { on: '2026-11-21', days: 1, amountCents: 7_000 });
    await promiseDigest(world, member, '2026-11-21');
    await world.pass(1);
    expect(smsTo(world, member)[0]).toContain(
      `KES 500 for loan ${today.reference} is due today. Pay to paybill 174379, account: the loan number.`,
    );
    for (const day of [22, 23, 24, 25]) await goTo(world, `2026-11-${day}T05:00:00Z`);
    const said = smsTo(world, member);
    for (const text of said) expect(text.length).toBeLessThanOrEqual(306);
    const all = said.join('\n');
    expect(all.split(`Penalty KES 50 on ${late.reference}: 10% of KES 500 overdue, instalment 1, 3 days late.`)).toHaveLength(2);
    expect(
      all.split(`Penalty KES 70 on ${yesterday.reference}: fixed, for KES 500 overdue, reduced to the limit, instalment 1, 1 day late.`),
    ).toHaveLength(2);
  });

  test('what an SMS has no room for stays untold, and comes with the next', async () => {
    const member = await makeMember(world);
    const product = await makeProduct(world, { penaltyKind: 'fixed', penaltyCents: 5_000n });
    const loan = await makeLoan(world, { member, product, disbursedOn: '2026-11-15' });
    for (let number = 1; number <= 10; number++) await chargePenalty(world, loan, { number, on: '2026-11-21', days: number });
    await promiseDigest(world, member, '2026-11-21');
    await promiseDigest(world, member, '2026-11-22');
    await world.pass(1);
    for (const day of [22, 23, 24, 25, 26, 27]) await goTo(world, `2026-11-${day}T05:00:00Z`);
    const said = smsTo(world, member);
    for (let number = 1; number <= 10; number++) expect(said.filter((text) => text.includes(`instalment ${number}, `))).toHaveLength(1);
    for (const text of said) expect(text.length).toBeLessThanOrEqual(306);
  });
});

describe('when nothing is to be told', () => {
  test('what was paid meanwhile is not said, and it is done with', async () => {
    const member = await makeMember(world, { email: EMAIL });
    const loan = await makeLoan(world, { member, disbursedOn: '2026-11-14' });
    await promiseDigest(world, member, '2026-11-21');
    await payAll(loan);
    await world.pass(1);
    expect([...smsTo(world, member), ...mailsTo(world, EMAIL)]).toEqual([]);
    expect(await outboxOf(world, 'digest')).toEqual({ said: 2, waiting: 0, dead: 0 });
    expect(await world.database.sql('select 1 from digests')).toEqual([]);
  });

  test.each(['closed', 'approved', 'rejected'])('a loan that is %s reminds nobody', async (state) => {
    const member = await makeMember(world);
    const loan = await makeLoan(world, { member, disbursedOn: '2026-11-14' });
    await putLoan(world, loan, state);
    await promiseDigest(world, member, '2026-11-21');
    await world.pass(1);
    expect(smsTo(world, member)).toEqual([]);
  });

  test('a member without loans gets nothing', async () => {
    const member = await makeMember(world);
    await makeLoan(world, { disbursedOn: '2026-11-14' });
    await promiseDigest(world, member, '2026-11-21');
    await world.pass(1);
    expect(world.smsInbox.messages()).toEqual([]);
  });
});

describe('quiet hours, in Nairobi', () => {
  /** A digest of yesterday's that is found at a moment; when it comes. */
  async function foundAt(moment: string): Promise<MadeMember> {
    const member = await makeMember(world, { email: EMAIL });
    await makeLoan(world, { member, disbursedOn: '2026-11-15' }); // due on the 22nd, and a day late on the 23rd
    await goTo(world, new Date(Date.parse(moment) - 60_000).toISOString());
    await promiseDigest(world, member, '2026-11-22');
    await world.pass(1);
    return member;
  }

  test.each([
    ['19:59', '2026-11-22T16:59:00Z', 1],
    ['20:00', '2026-11-22T17:00:00Z', 0],
    ['23:59', '2026-11-22T20:59:00Z', 0],
    ['00:00', '2026-11-22T21:00:00Z', 0],
    ['07:59', '2026-11-23T04:59:00Z', 0],
    ['08:00', '2026-11-23T05:00:00Z', 1],
  ])('%s', async (_, moment, said) => {
    const member = await foundAt(moment);
    expect(world.clock.now().toISOString()).toBe(new Date(moment).toISOString());
    expect([smsTo(world, member).length, mailsTo(world, EMAIL).length]).toEqual([said, said]);
  });

  test('what is found at 20:00 comes at 08:00 sharp, once, and costs no tries', async () => {
    const member = await foundAt('2026-11-22T17:00:00Z');
    const waiting = await world.database.sql('select due_at, tries from outbox where sent_at is null');
    expect(waiting).toEqual([1, 2].map(() => ({ due_at: new Date('2026-11-23T05:00:00Z'), tries: 0 })));
    await goTo(world, '2026-11-23T04:59:00Z');
    expect(smsTo(world, member)).toEqual([]);
    await goTo(world, '2026-11-23T05:00:00Z');
    expect(smsTo(world, member)).toHaveLength(1);
    await goTo(world, '2026-11-23T09:00:00Z');
    expect([smsTo(world, member).length, mailsTo(world, EMAIL).length]).toEqual([1, 1]);
  });

  test('a digest for a day that has not come waits for its morning', async () => {
    const member = await makeMember(world);
    await makeLoan(world, { member, disbursedOn: '2026-11-16' });
    await promiseDigest(world, member, '2026-11-23');
    await world.database.sql('update outbox set due_at = $1', [world.clock.now()]);
    await world.pass(1);
    expect(smsTo(world, member)).toEqual([]);
    await goTo(world, '2026-11-23T05:00:00Z');
    expect(smsTo(world, member)).toHaveLength(1);
  });
});
