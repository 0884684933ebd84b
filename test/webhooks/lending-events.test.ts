import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLender } from '../loans/open-lender.ts';
import { pay } from '../loans/repaying.ts';
import { joined } from '../members/join.ts';
import { makeMember } from '../world/lending.ts';
import { administrator, type Receiver, startReceiver, webhooksOf } from './receiver.ts';

let lender: Awaited<ReturnType<typeof openLender>>;
let server: Receiver;
beforeAll(async () => {
  lender = await openLender();
  server = await startReceiver();
  await webhooksOf(lender.world, await administrator(lender.world)).create(server.url, ['loan.*', 'member.*']);
});
afterAll(async () => {
  await lender.world.stop();
  await server.stop();
});

const typesOf = (id: string) => server.events(id).map(({ type }) => type);

test('a member who joins and changes their details is told by number', async () => {
  const { world } = lender;
  const member = await joined(world);
  const changed = await world.send('POST', '/api/members/me', { body: { language: 'sw' }, headers: member.headers });
  expect(changed.status).toBe(200);
  await world.pass(1);
  expect(typesOf(member.memberId).sort()).toEqual(['member.changed', 'member.joined']);
  expect(server.events(member.memberId)[0]?.data).toEqual({
    ...{ object: 'member', memberId: member.memberId, memberNumber: member.number, language: 'sw', joinedAt: expect.any(String) },
  });
});

test('a loan is told from the application to its last repayment', async () => {
  const { world, apply, decide, disburse, decidePayout, send, treasurer } = lender;
  const member = await makeMember(world);
  const asked = await apply(member, 5_000);
  const loanId = String(asked.body.loanId);
  await decide(loanId);
  const sent = await disburse(loanId);
  await decidePayout(sent.body.payoutId);
  await world.pass(4);
  expect(typesOf(loanId).sort()).toEqual(['loan.approved', 'loan.disbursed', 'loan.submitted']);
  const [loan] = await world.database.sql<{ reference: string }>('select reference from loans where id = $1', [loanId]);
  const receipt = await pay(world, loan?.reference ?? '', 5_000);
  await world.pass(2);
  expect(typesOf(loanId)).toContain('loan.repaid');
  const repaid = server.events(loanId).find(({ type }) => type === 'loan.repaid');
  expect(repaid?.data).toMatchObject({
    object: 'loan',
    loanId,
    reference: loan?.reference,
    principal: 5000,
    repayment: { amount: expect.any(Number), reversedAt: null },
  });
  const [{ id: repaymentId } = { id: '' }] = await world.database.sql<{ id: string }>('select id from repayments where loan_id = $1', [
    loanId,
  ]);
  const reversed = await send(`/api/repayments/${repaymentId}/reverse`, { reason: `Wrong loan, ${receipt}` }, treasurer);
  expect(reversed.status).toBe(200);
  await world.pass(1);
  expect(server.events(loanId).find(({ type }) => type === 'loan.repayment_reversed')?.data).toMatchObject({
    repayment: { repaymentId, reversedAt: expect.any(String) },
  });
  const [second, third] = [await apply(member, 600), await apply(await makeMember(world), 700)];
  await decide(second.body.loanId, { decision: 'reject', note: 'Not now' });
  await send(`/api/loans/${third.body.loanId}/withdraw`, {}, treasurer);
  await world.pass(1);
  expect(typesOf(String(second.body.loanId))).toContain('loan.rejected');
});

test('no event holds a phone number or a name', () => {
  expect(server.heard.length).toBeGreaterThan(5);
  for (const { body } of server.heard) expect(body).not.toMatch(/(?<!\d)(?:254|0)[17]\d{8}(?!\d)|@|otieno|njeri/i);
});
