import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addDays, nairobiDay } from '#ground/time/nairobi.ts';
import { workOut } from '#sacco/loans/math/work-out.ts';
import { readHistory } from '#sacco/loans/read-history.ts';
import { register } from '../paybill/paybill.ts';
import { makeLoan, makeMember, makeProduct } from '../world/lending.ts';
import { operator } from '../world/operator.ts';
import { signIn } from '../world/people.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { pay } from './repaying.ts';

type Headers = { authorization: string };
type Body = Record<string, unknown>;
type Page = { loans: (Body & { loanId: string })[]; nextCursor: string | null };

let world: World;
let treasurer: Headers;

beforeAll(async () => {
  world = await startWorld();
  await register(world);
  treasurer = await signedIn(world, 'treasurer');
});
afterAll(() => world.stop());

const get = async (path: string, headers?: Headers) => {
  const response = await world.send('GET', path, headers && { headers });
  return { status: response.status, text: await response.text() };
};
const read = async (loanId: string, headers = treasurer, query = '') =>
  JSON.parse((await get(`/api/loans/${loanId}${query}`, headers)).text) as Body;
const list = async (query: string, headers = treasurer) => JSON.parse((await get(`/api/loans${query}`, headers)).text) as Page;
const ids = ({ loans }: Page) => loans.map(({ loanId }) => loanId);
const daysAgo = (days: number) => addDays(nairobiDay(world.clock.now()), -days);

const LATE = { penaltyKind: 'percent', penaltyBasisPoints: 1000, penaltyFrequency: 'per_period', graceDays: 2 } as const;

describe('how a loan stands', () => {
  test('is shown with the penalties of today, though no run has written them, and reading writes nothing', async () => {
    const loan = await makeLoan(world, { product: await makeProduct(world, LATE), disbursedOn: daysAgo(25) }); // 18, 11 and 4 days late
    const shown = await read(loan.id);
    const standing = workOut(await readHistory(world.app.db, loan.id), nairobiDay(world.clock.now()));
    expect(standing.penalties.length).toBe(3 + 2 + 1); // one for each week
    expect((shown.penalties as Body[]).map(({ number, period, chargedOn, amount }) => ({ number, period, chargedOn, amount }))).toEqual(
      standing.penalties.map(({ number, period, chargedOn, amountCents }) => ({
        number,
        period,
        chargedOn,
        amount: Number(amountCents) / 100,
      })),
    );
    for (const { explanation } of shown.penalties as Body[]) expect(explanation).toMatch(/^10 % of the overdue KES 500 of instalment \d/);
    expect(shown).toMatchObject({ state: 'active', due: 1500 + 300, outstanding: 5000 + 300, next: { number: 4, amount: 500 } });
    expect(await world.database.sql('select 1 from penalties where loan_id = $1', [loan.id])).toEqual([]);
  });

  test('tells of each instalment what is paid, and of each repayment what it paid, with its M-PESA code', async () => {
    const loan = await makeLoan(world, {
      product: await makeProduct(world, { graceDays: 30 }),
      interestCents: 5_000n,
      disbursedOn: daysAgo(14),
    });
    const receipt = await pay(world, loan.reference, 700);
    const shown = await read(loan.id, loan.member.headers);
    expect((shown.schedule as Body[]).slice(0, 3)).toEqual([
      { number: 1, dueOn: daysAgo(7), principal: 500, interest: 50, fee: 0, amount: 550, paid: 550, unpaid: 0, state: 'paid' },
      { number: 2, dueOn: daysAgo(0), principal: 500, interest: 50, fee: 0, amount: 550, paid: 150, unpaid: 400, state: 'due' },
      { number: 3, dueOn: daysAgo(-7), principal: 500, interest: 50, fee: 0, amount: 550, paid: 0, unpaid: 550, state: 'open' },
    ]);
    expect(shown.repayments).toMatchObject([
      { mpesaReceiptNumber: receipt, amount: 700, toSavings: 0, penalty: 0, fee: 0, interest: 100, principal: 600, reversedAt: null },
    ]);
    expect(shown).toMatchObject({
      due: 400,
      totalToPay: 5500,
      outstanding: 4800,
      settlement: 4800,
      toPay: { due: 400, next: 550, settlement: 4800 },
    });
  });

  test('rounds up to whole shillings what is to be paid, and cuts nothing of what is owed', async () => {
    const loan = await makeLoan(world, { interestCents: 33n, disbursedOn: daysAgo(7) });
    const shown = await read(loan.id);
    expect(shown).toMatchObject({ due: 500.33, toPay: { due: 501 } });
  });

  test('says what settles it early, less the interest that is forgiven', async () => {
    const product = await makeProduct(world, { earlySettlement: 'interest_to_date' });
    const loan = await makeLoan(world, { product, interestCents: 10_000n });
    expect(await read(loan.id)).toMatchObject({ outstanding: 6000, settlement: 5100 });
  });

  test("is put into the borrower's language, or into the one that is asked for", async () => {
    const member = await makeMember(world, { language: 'sw' });
    const loan = await makeLoan(world, { member, product: await makeProduct(world, LATE), disbursedOn: daysAgo(10) });
    const swahili = await read(loan.id, member.headers);
    expect(swahili).toMatchObject({ terms: { interest: 'Hakuna riba.' } });
    expect((swahili.penalties as Body[])[0]?.explanation).toMatch(/awamu/);
    expect(await read(loan.id, member.headers, '?language=en')).toMatchObject({ terms: { interest: 'No interest.' } });
  });
});

describe('whose loan it is', () => {
  test('decides who sees it: to others it is as if there were none, byte for byte but for the request', async () => {
    const loan = await makeLoan(world);
    const [other, customer] = [await makeMember(world), await signIn(world)];
    const key = await operator(world, 'payments:read');
    const bare = ({ status, text }: { status: number; text: string }) => [status, text.replace(/"requestId":"[^"]*"/, '')];
    for (const headers of [other.headers, customer.headers]) {
      const missing = bare(await get(`/api/loans/${crypto.randomUUID()}`, headers));
      expect(bare(await get(`/api/loans/${loan.id}`, headers))).toEqual(missing);
      expect(missing[0]).toBe(404);
      for (const query of ['', `?memberId=${loan.member.id}`, '?state=active', '?overdue=true'])
        expect(await list(query, headers)).toEqual({ loans: [], nextCursor: null });
    }
    expect((await get(`/api/loans/${loan.id}`, key)).status).toBe(403);
    expect((await get(`/api/loans/${loan.id}`)).status).toBe(401);
    expect((await get(`/api/loans/${loan.id}`, loan.member.headers)).status).toBe(200);
    expect((await get(`/api/loans/${loan.id}`, await operator(world, 'loans:read'))).status).toBe(200);
  });

  test('who they are and how they were paid is for staff alone', async () => {
    const loan = await makeLoan(world, { member: await makeMember(world, { name: 'Wanjiru Kamau' }) });
    const own = await read(loan.id, loan.member.headers);
    for (const field of ['member', 'payouts']) expect(own).not.toHaveProperty(field);
    expect(await read(loan.id)).toMatchObject({
      member: { memberId: loan.member.id, name: 'Wanjiru Kamau', number: expect.stringMatching(/^M-\d{5}$/) },
      payouts: [],
    });
  });
});

describe('the list of loans', () => {
  test('is a member’s own for themselves, for staff by member, state and arrears', async () => {
    const member = await makeMember(world);
    const late = await makeLoan(world, { member, disbursedOn: daysAgo(8) });
    await world.clock.advance(1000);
    const fresh = await makeLoan(world, { member, disbursedOn: daysAgo(7) });
    expect(ids(await list('', member.headers))).toEqual([fresh.id, late.id]);
    expect(ids(await list(`?memberId=${member.id}`))).toEqual([fresh.id, late.id]);
    expect(ids(await list(`?memberId=${member.id}&overdue=true`))).toEqual([late.id]);
    expect(ids(await list(`?memberId=${member.id}&state=closed`))).toEqual([]);
    const [first] = (await list('', member.headers)).loans;
    expect(first).toMatchObject({ reference: fresh.reference, amount: 5000, due: 500, outstanding: 5000, product: { name: 'Small loan' } });
    expect(first).not.toHaveProperty('member');
    expect((await list(`?memberId=${member.id}`)).loans[0]).toMatchObject({ member: { memberId: member.id } });
  });

  test('of a treasurer who borrows is their own when they ask for that', async () => {
    const member = await makeMember(world, { role: 'treasurer' });
    const loan = await makeLoan(world, { member });
    expect(ids(await list('?mine=true', member.headers))).toEqual([loan.id]);
    expect(ids(await list('', member.headers)).length).toBeGreaterThan(1);
  });

  test('comes in pages that leave nothing out and repeat nothing, also of applications of one moment', async () => {
    const member = await makeMember(world);
    const made = [];
    for (let n = 0; n < 7; n++) made.push((await makeLoan(world, { member })).id);
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Page = await list(`?memberId=${member.id}&limit=3${cursor && `&cursor=${cursor}`}`);
      expect(page.loans.length).toBeLessThanOrEqual(3);
      seen.push(...ids(page));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual([...made].sort().reverse());
  });

  test('costs two round trips beside the session however many loans, and a loan costs two', async () => {
    for (const path of ['/api/loans?state=active', `/api/loans/${(await makeLoan(world)).id}`]) {
      await world.database.resetRoundTrips();
      await get(path, treasurer);
      expect(await world.database.roundTrips()).toBe(3);
    }
  });
});
