import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '#ground/db/columns.ts';
import { encrypt } from '#ground/db/encryption.ts';
import { NOTICE_EVENTS, type NoticeEvent } from '#ground/outbox/message.ts';
import { allocate } from '#mpesa/payments/allocate.ts';
import { register } from '../paybill/paybill.ts';
import { type MadeLoan, type MadeMember, makeLoan, makeMember, makeProduct } from '../world/lending.ts';
import { startWorld, type World } from '../world/world.ts';
import { chargePenalty, mailsTo, makeTreasurer, pay, putLoan, repaymentOf, smsTo, tell } from './telling.ts';

let world: World;
let treasurer: { phone: string };
beforeAll(async () => {
  world = await startWorld({ environment: { NOTICES_PER_DAY: '1000' } });
  await register(world);
  treasurer = await makeTreasurer(world, 'treasurer@example.com');
});
afterAll(() => world.stop());

const STATES: Partial<Record<NoticeEvent, string>> = {
  loan_submitted: 'submitted',
  loan_approved: 'approved',
  loan_rejected: 'rejected',
  loan_withdrawn: 'withdrawn',
  loan_payout_failed: 'approved',
  loan_closed: 'closed',
};

/** What only notices have told of is proved now, past the functions. */
const proveAll = () => world.database.sql('update deposits set confirmed_at = now() where confirmed_at is null');

/** Money is saved, and nobody was told of it yet. Its receipt. */
async function save(member: MadeMember, shillings: number): Promise<string> {
  const receipt = await pay(world, member.savingsReference, shillings);
  const [row] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]);
  await allocate(world.app, row?.id ?? '');
  return receipt;
}

/** Makes an event true of a new loan of 5,000 shillings and tells it, to the treasurers too. */
async function happen(event: NoticeEvent, member: MadeMember): Promise<MadeLoan> {
  const loan = await makeLoan(world, { member });
  const note = event === 'loan_rejected' ? { note: encrypt('Salary slip missing', 'decision_note') } : {};
  await putLoan(world, loan, STATES[event] ?? 'active', note);
  if (event === 'savings_deposited') await pay(world, member.savingsReference, 1000);
  else if (event === 'savings_taken_back') {
    const receipt = await save(member, 1000);
    await world.database.sql('select refute_deposit_2(id, $2), take_back_2(id, $2) from deposits where receipt = $1', [
      receipt,
      world.clock.now(),
    ]);
  } else if (event.startsWith('repayment')) {
    await pay(world, loan.reference, 1000);
    if (event === 'repayment_reversed') {
      await world.database.sql('update repayments set reversed_at = now() where loan_id = $1', [loan.id]);
      await world.database.sql(
        `insert into unmatches (id, deposit_id, amount_cents, unmatched_by, unmatched_at)
         select gen_random_uuid(), r.deposit_id, r.amount_cents + r.excess_cents, 'test', now() from repayments r where r.loan_id = $1`,
        [loan.id],
      );
      await tell(world, event, await repaymentOf(world, loan), member, true);
    }
  } else if (event === 'penalty_waived' || event === 'waiver_requested') {
    const id = newId();
    const state = event === 'penalty_waived' ? 'approved' : 'requested';
    await chargePenalty(world, loan, { on: '2026-11-20', days: 1 });
    await world.database.sql('update penalties set paid_cents = amount_cents where loan_id = $1', [loan.id]); // so that nothing is due
    await world.database.sql(
      `insert into waivers (id, loan_id, number, period, amount_cents, reason, state, requested_by, requested_at) values ($1, $2, 1, 1, 5000, 'ill', $3, 'x', now())`,
      [id, loan.id, state],
    );
    await tell(world, event, id, member, true);
  } else await tell(world, event, loan.id, member, true);
  if (event !== 'savings_taken_back') await proveAll();
  await world.pass(1);
  return loan;
}

/** The newest message with what differs each time put as LN, SV and UKL. */
const alike = (text: string | undefined) =>
  text
    ?.replaceAll(world.siteUrl, 'https://sacco.example')
    .replace(/LN-\w{8}/g, 'LN')
    .replace(/SV-\w{8}/g, 'SV')
    .replace(/UKL\d{7}/g, 'UKL')
    .replace(/M-\d{5}/g, 'M');

const EXPECTED: Record<NoticeEvent, { en: string; sw: string; treasurer: string | undefined }> = {
  loan_submitted: {
    en: 'We received your application for a loan of KES 5,000 (LN). We will message you when it is decided.',
    sw: 'Tumepokea ombi lako la mkopo wa KES 5,000 (LN). Tutakujulisha likiamuliwa.',
    treasurer: 'M Achieng Otieno applied for a loan of KES 5,000 (LN). Please approve or reject it.',
  },
  loan_approved: {
    en: 'Your loan LN of KES 5,000 was approved. We will send the money to your M-PESA number and message you then.',
    sw: 'Mkopo wako LN wa KES 5,000 umeidhinishwa. Tutatuma pesa kwa nambari yako ya M-PESA na kukujulisha.',
    treasurer: 'Loan LN of KES 5,000 for M Achieng Otieno was approved. It can be disbursed now.',
  },
  loan_rejected: {
    en: 'Your application for a loan of KES 5,000 (LN) was not approved. Reason: Salary slip missing. You owe nothing for it, and you may apply again.',
    sw: 'Ombi lako la mkopo wa KES 5,000 (LN) halikukubaliwa. Sababu: Salary slip missing. Hudaiwi chochote kwa ombi hili, na unaweza kuomba tena.',
    treasurer: 'The application LN of M Achieng Otieno for KES 5,000 was rejected.',
  },
  loan_withdrawn: {
    en: 'Your application for a loan of KES 5,000 (LN) was withdrawn. You owe nothing for it.',
    sw: 'Ombi lako la mkopo wa KES 5,000 (LN) limeondolewa. Hudaiwi chochote kwa ombi hili.',
    treasurer: 'M Achieng Otieno withdrew the application LN for KES 5,000.',
  },
  loan_disbursed: {
    en: 'We sent KES 5,000 to your M-PESA: your loan LN. First instalment: KES 500 by 28 Nov 2026. Pay to paybill 174379, account LN.',
    sw: 'Tumetuma KES 5,000 kwa M-PESA yako: mkopo wako LN. Awamu ya kwanza: KES 500 kufikia 28 Nov 2026. Lipa kwa paybill 174379, akaunti LN.',
    treasurer: 'Loan LN of KES 5,000 was disbursed to M Achieng Otieno. It is active now.',
  },
  loan_payout_failed: {
    en: 'M-PESA could not send your loan LN of KES 5,000. It is still approved: we will try again and message you. You owe nothing for it until then.',
    sw: 'M-PESA haikuweza kutuma mkopo wako LN wa KES 5,000. Bado umeidhinishwa: tutajaribu tena na kukujulisha. Hudaiwi chochote kwa mkopo huu hadi hapo.',
    treasurer:
      "The disbursement of loan LN of KES 5,000 to M Achieng Otieno failed. The loan is approved again: read Safaricom's reason at its payout, then disburse it again.",
  },
  loan_closed: {
    en: 'Your loan LN of KES 5,000 is fully paid. Thank you. You owe nothing more on it.',
    sw: 'Umemaliza kulipa mkopo wako LN wa KES 5,000. Asante. Hudaiwi chochote zaidi kwa mkopo huu.',
    treasurer: 'M Achieng Otieno has fully paid loan LN of KES 5,000.',
  },
  loan_reopened: {
    en: 'Your loan LN is open again, because a payment for it was reversed. Loan balance KES 5,000. Next: KES 500 by 28 Nov 2026.',
    sw: 'Mkopo wako LN umefunguliwa tena, kwa sababu malipo yake yamebatilishwa. Salio la mkopo KES 5,000. Inayofuata: KES 500 kufikia 28 Nov 2026.',
    treasurer: 'Loan LN of M Achieng Otieno is open again, because a payment was reversed. Loan balance KES 5,000.',
  },
  repayment_booked: {
    en: 'We received KES 1,000 (UKL). KES 500 went to loan LN, KES 500 to your savings. Loan balance KES 4,500. Next: KES 500 by 5 Dec 2026.',
    sw: 'Tumepokea KES 1,000 (UKL). KES 500 zimelipa mkopo LN, KES 500 zimewekwa kwenye akiba yako. Salio la mkopo KES 4,500. Inayofuata: KES 500 kufikia 5 Des 2026.',
    treasurer: 'M Achieng Otieno paid KES 1,000 (UKL) for loan LN. KES 500 went to the loan, KES 500 to savings. Loan balance KES 4,500.',
  },
  repayment_reversed: {
    en: 'Your payment of KES 1,000 (UKL) for loan LN was reversed and no longer counts: KES 500 of it were taken from your savings. We still have the money and are checking what it was for. Loan balance KES 4,500. Next: KES 500 by 5 Dec 2026.',
    sw: 'Malipo yako ya KES 1,000 (UKL) ya mkopo LN yamebatilishwa na hayahesabiwi tena: KES 500 kati yake zimetoka kwenye akiba yako. Pesa bado tunazo, na tunaangalia zilikuwa za nini. Salio la mkopo KES 4,500. Inayofuata: KES 500 kufikia 5 Des 2026.',
    treasurer:
      'The payment of KES 1,000 (UKL) by M Achieng Otieno for loan LN was reversed. Loan balance KES 4,500. The money is in suspense: match it or refund it.',
  },
  penalty_waived: {
    en: 'We have waived KES 50 of penalty on your loan LN. Loan balance KES 5,000. Next: KES 500 by 28 Nov 2026.',
    sw: 'Tumekusamehe KES 50 za faini ya mkopo wako LN. Salio la mkopo KES 5,000. Inayofuata: KES 500 kufikia 28 Nov 2026.',
    treasurer: 'KES 50 of penalty on loan LN of M Achieng Otieno was waived. Loan balance KES 5,000.',
  },
  waiver_requested: {
    en: 'A waiver of KES 50 of penalty on your loan LN was requested. The penalty stays due until the waiver is approved. We will message you if it is.',
    sw: 'Msamaha wa KES 50 za faini ya mkopo wako LN umeombwa. Bado unadaiwa faini hiyo hadi ombi liidhinishwe. Tutakujulisha likiidhinishwa.',
    treasurer:
      'Waiver requested: KES 50 of penalty on loan LN of M Achieng Otieno. Please approve or decline it: someone other than the person who asked.',
  },
  savings_deposited: {
    en: 'We received KES 1,000 (UKL) for your savings SV. Your savings now: KES 1,000.',
    sw: 'Tumepokea KES 1,000 (UKL) za akiba yako SV. Akiba yako sasa: KES 1,000.',
    treasurer: undefined, // treasurers are not told
  },
  savings_taken_back: {
    en: 'KES 1,000 (UKL) was removed from your savings SV: M-PESA has no such payment. If you paid, send us your M-PESA message. Your savings now: KES 0.',
    sw: 'KES 1,000 (UKL) zimeondolewa kwenye akiba yako SV: M-PESA haina malipo haya. Kama ulilipa, tutumie ujumbe wako wa M-PESA. Akiba yako sasa: KES 0.',
    treasurer: undefined, // one of them took it back
  },
};

describe.each(NOTICE_EVENTS)('%s', (event) => {
  test.each(['en', 'sw'] as const)(
    'is told to the member in their language (%s) by SMS and e-mail, and to the treasurers in theirs',
    async (language) => {
      const email = `${event}-${language}@example.com`;
      const member = await makeMember(world, { language, email });
      const before = smsTo(world, treasurer).length;
      await happen(event, member);
      const words = EXPECTED[event][language];
      const [sms, ...more] = smsTo(world, member);
      expect(more).toEqual([]);
      expect(alike(sms)?.replace(/ (Stop these messages|Sitisha ujumbe huu): https:\/\/sacco.example\/messages$/, '')).toBe(
        `Duka la Kahawa: ${words}`,
      );
      const [mail, ...others] = mailsTo(world, email);
      expect(others).toEqual([]);
      const said = alike(mail?.text)?.split('\n') ?? [];
      expect(said[0]).toBe(language === 'en' ? 'Hello Achieng Otieno,' : 'Habari Achieng Otieno,');
      expect(said.filter((line) => line !== '' && !/https?:|^(Duka|Hello|Habari|You get|Umepata)/.test(line)).join(' ')).toBe(words);
      expect(mail?.html).toContain(`<html lang="${language}">`);
      expect(mail?.customArgs.malipo_id).toMatch(/^[0-9a-f-]{36}$/);
      const told = smsTo(world, treasurer).slice(before);
      expect(told.map(alike)).toEqual([EXPECTED[event].treasurer].flatMap((their) => (their ? [`Duka la Kahawa: ${their}`] : [])));
    },
  );
});

describe('money that a notice alone has told of', () => {
  test.each([
    {
      language: 'en',
      repaid:
        'We were notified of KES 5,200 (UKL). We are still confirming it with M-PESA. KES 5,000 went to loan LN, KES 200 to your savings. The loan closes once it is confirmed.',
      saved: 'We were notified of KES 300 (UKL) for your savings SV. We are still confirming it with M-PESA. Your savings now: KES 500.',
    },
    {
      language: 'sw',
      repaid:
        'Tumearifiwa kuhusu KES 5,200 (UKL). Bado tunathibitisha na M-PESA. KES 5,000 zimelipa mkopo LN, KES 200 zimewekwa kwenye akiba yako. Mkopo utafungwa malipo yakithibitishwa.',
      saved: 'Tumearifiwa kuhusu KES 300 (UKL) za akiba yako SV. Bado tunathibitisha na M-PESA. Akiba yako sasa: KES 500.',
    },
  ] as const)('is told ($language) as money that is being checked, to the treasurers too', async ({ language, repaid, saved }) => {
    const member = await makeMember(world, { language });
    const loan = await makeLoan(world, { member, product: await makeProduct(world, { instalments: 1 }) });
    const before = smsTo(world, treasurer).length;
    await pay(world, loan.reference, 5200);
    await world.pass(1);
    await pay(world, member.savingsReference, 300);
    await world.pass(1);
    const plain = smsTo(world, member).map((text) =>
      alike(text)?.replace(/ (Stop these messages|Sitisha ujumbe huu): https:\/\/sacco.example\/messages$/, ''),
    );
    expect(plain).toEqual([`Duka la Kahawa: ${repaid}`, `Duka la Kahawa: ${saved}`]);
    expect(smsTo(world, treasurer).slice(before).map(alike)).toEqual([
      'Duka la Kahawa: M Achieng Otieno paid KES 5,200 (UKL) for loan LN. We are still confirming it with M-PESA. KES 5,000 went to the loan, KES 200 to savings. Loan balance KES 0.',
    ]);
    await proveAll();
    await world.pass(1);
    expect(smsTo(world, member).length).toBe(2); // what was said stays said
  });
});

test('a member is told that money was taken back which was returned in the portal, and nothing of money that is gone before they heard of it', async () => {
  const member = await makeMember(world);
  const receipt = await save(member, 700);
  await world.database.sql(
    'update deposits set confirmed_at = now(), reversed_elsewhere_cents = amount_cents, reversed_elsewhere_at = now() where receipt = $1',
    [receipt],
  );
  await world.database.sql('select take_back_2(id, $2) from deposits where receipt = $1', [receipt, world.clock.now()]);
  await world.pass(1);
  expect(smsTo(world, member).map(alike)).toEqual([
    expect.stringMatching(
      /^Duka la Kahawa: KES 700 \(UKL\) was removed from your savings SV: it was returned through M-PESA\. Your savings now: KES 0\./,
    ),
  ]);
});

test('a treasurer who is a member reads it in their own language, and a mail to them is about whom and what', async () => {
  const email = 'mweka-hazina@example.com';
  const own = await makeMember(world, { language: 'sw', role: 'treasurer', email });
  await happen('loan_submitted', await makeMember(world, { name: 'Wanjiru Kamau' }));
  expect(alike(smsTo(world, own).at(-1))).toMatch(
    /^Duka la Kahawa: M Wanjiru Kamau ameomba mkopo wa KES 5,000 \(LN\)\. Tafadhali uidhinishe au uukatae\./,
  );
  expect(alike(mailsTo(world, email).at(-1)?.subject)).toBe('M Wanjiru Kamau ameomba mkopo wa KES 5,000 (LN)');
});

test('a part payment says what is still due of the instalment, and the last one that all is paid', async () => {
  const member = await makeMember(world);
  const loan = await makeLoan(world, { member, product: await makeProduct(world, { instalments: 2, excess: 'full' }) });
  await pay(world, loan.reference, 200);
  await world.pass(1);
  expect(smsTo(world, member).at(-1)).toContain('It went to loan ');
  expect(smsTo(world, member).at(-1)).toContain('Loan balance KES 4,800. Left to pay of instalment 1: KES 2,300 by 28 Nov 2026.');
  await pay(world, loan.reference, 4800);
  await proveAll();
  await world.pass(1);
  expect(smsTo(world, member).find((text) => text.includes('received KES 4,800'))).toContain('The loan is fully paid.');
});

test('what is overdue is said with a link to pay it, rounded up to whole shillings', async () => {
  const member = await makeMember(world, { email: 'late@example.com' });
  const loan = await makeLoan(world, { member, disbursedOn: '2026-11-10', interestCents: 33n });
  await pay(world, loan.reference, 100);
  await world.pass(1);
  const link = `http://127.0.0.1:${new URL(world.siteUrl).port}/pay?reference=${loan.reference}&amount=401`;
  expect(smsTo(world, member).at(-1)).toContain(`Loan balance KES 4,903.30. Due now: KES 401, since 17 Nov 2026. Pay: ${link}`);
  expect(mailsTo(world, 'late@example.com').at(-1)?.html).toContain(`href="${link.replaceAll('&', '&amp;').replaceAll('=', '&#61;')}"`);
});

test('a loan that took nothing says so, and names no balance', async () => {
  const member = await makeMember(world);
  const loan = await makeLoan(world, { member });
  await putLoan(world, loan, 'disbursing');
  await world.database.sql('delete from instalments where loan_id = $1', [loan.id]);
  await pay(world, loan.reference, 300);
  await proveAll();
  await world.pass(1);
  expect(alike(smsTo(world, member).at(-1))).toMatch(
    /^Duka la Kahawa: We received KES 300 \(UKL\)\. It went to your savings, because nothing is due on loan LN\./,
  );
  expect(smsTo(world, member).at(-1)).not.toMatch(/Balance|Next|Due/);
  expect(alike(smsTo(world, treasurer).at(-1))).toMatch(/All of it went to savings\. The loan is not disbursed yet\.$/);
});

test('a fee that was kept back is named', async () => {
  const member = await makeMember(world);
  const loan = await makeLoan(world, { member });
  await world.database.sql('update loans set fee_cents = 10000 where id = $1', [loan.id]);
  await tell(world, 'loan_disbursed', loan.id, member);
  await world.pass(1);
  expect(alike(smsTo(world, member).at(-1))).toContain(
    'We sent KES 4,900 to your M-PESA: your loan LN of KES 5,000 less a fee of KES 100.',
  );
});

test('where the business has a till, which takes no reference, the SMS leads to the page', async () => {
  const till = await startWorld({ environment: { MPESA_TRANSACTION_TYPE: 'till', MPESA_TILL_NUMBER: '654321' } });
  try {
    const member = await makeMember(till);
    const loan = await makeLoan(till, { member });
    await tell(till, 'loan_disbursed', loan.id, member);
    await till.pass(1);
    expect(smsTo(till, member)[0]).not.toContain('paybill');
    expect(smsTo(till, member)[0]).toContain(`Pay: ${till.siteUrl}/pay?reference=${loan.reference}&amount=500`);
  } finally {
    await till.stop();
  }
});
