import { afterAll, beforeAll, expect, test } from 'vitest';
import { readAlertText } from '#desk/alerts/alert-text.ts';
import { openTask } from '#ground/tasks/open-tasks.ts';
import type { TaskKind } from '#ground/tasks/task-kinds.ts';
import { confirm, newReceipt, noticeBody, owe, payBill, register } from '../paybill/paybill.ts';
import { latestAttempt, newPhone, push } from '../world/checkout.ts';
import { makeLoan } from '../world/lending.ts';
import { operator } from '../world/operator.ts';
import { signedIn } from '../world/person.ts';
import { putRow } from '../world/put-row.ts';
import { startWorld, type World } from '../world/world.ts';

// What a person sees of the money that a task is about, and that what the task names mends it.

type Headers = { authorization: string };
type Action = { method: string; path: string; does: string; allowed: boolean; send?: Record<string, unknown> };
type Task = {
  taskId: string;
  kind: string;
  subject: { type: string; id: string };
  state: string;
  amounts: {
    what: string;
    id: string;
    amount: number;
    waiting: number | null;
    receipt: string | null;
    proved: boolean;
    state: string;
    owed: number | null;
  }[];
  candidates: { paymentId?: string; reasons: string[] }[];
  actions: Action[];
};

let world: World;
let [treasurer, second]: Headers[] = [];
beforeAll(async () => {
  world = await startWorld();
  await register(world);
  [treasurer, second] = [await signedIn(world, 'treasurer'), await signedIn(world, 'treasurer')];
});
afterAll(() => world.stop());

const ask = async (method: string, path: string, body?: object, headers = treasurer) => {
  const response = await world.send(method, path, { headers: headers ?? {}, ...(body && { body }) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const read = async (taskId: string, headers = treasurer) =>
  (await ask('GET', `/api/tasks/${taskId}`, undefined, headers)).body as unknown as Task;
const about = async (subject: string, query = '') => {
  const { body } = await ask('GET', `/api/tasks?subject=${subject}${query}`);
  return (body as { tasks: Task[] }).tasks;
};
const offered = ({ actions }: Task, pattern: RegExp): Action => {
  const found = actions.find(({ method, path }) => pattern.test(`${method} ${path}`));
  if (!found) throw new Error(`No action is like ${pattern}: ${JSON.stringify(actions)}`);
  return found;
};

async function depositOf(receipt: string): Promise<string> {
  const [row] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]);
  return row?.id ?? '';
}

/** A task about this, opened as the code does. */
async function open(kind: TaskKind, subject: string): Promise<Task> {
  await openTask(world.app.db, { kind, subject, openedAt: world.clock.now() });
  const task = (await about(subject)).find((each) => each.kind === kind);
  return read(task?.taskId ?? '');
}

/** Money whose reference is one letter off. */
async function mistyped() {
  const { paymentId, reference } = await owe(world);
  const paid = await payBill(world, { account: reference.slice(0, -1) + (reference.endsWith('7') ? '8' : '7') });
  const depositId = await depositOf('receipt' in paid ? paid.receipt : '');
  const [task] = await about(depositId);
  return { paymentId, depositId, taskId: task?.taskId ?? '' };
}

test('money in suspense: amount and candidates are there, what it names matches it, and the task is closed', async () => {
  const { paymentId, depositId, taskId } = await mistyped();
  const task = await read(taskId);
  expect(task).toMatchObject({ kind: 'unidentified_deposit', subject: { type: 'deposit', id: depositId }, state: 'open' });
  expect(task.amounts).toMatchObject([{ what: 'deposit', id: depositId, amount: 1250, waiting: 1250, state: 'suspense' }]);
  expect(task.candidates[0]).toMatchObject({ paymentId, reasons: expect.arrayContaining(['reference', 'amount']) });

  const { path, send } = offered(task, /^POST .*\/match$/);
  expect(Object.keys(send ?? {})).toEqual(['paymentId']);
  expect(await ask('POST', path, { paymentId: task.candidates[0]?.paymentId })).toMatchObject({ status: 200, body: { left: 0 } });
  expect(await about(depositId)).toEqual([]);
  expect(await read(taskId)).toMatchObject({
    ...{ state: 'closed', closedNote: expect.stringContaining('matched to'), candidates: [], actions: [] },
    amounts: [{ amount: 1250, waiting: 0, state: 'allocated' }],
  });
});

test('a task is not closed by hand while its money waits: nobody would find it again', async () => {
  const { depositId, taskId } = await mistyped();
  expect((await read(taskId)).actions.map(({ path }) => path)).not.toContain(`/api/tasks/${taskId}/close`);
  expect(await ask('POST', `/api/tasks/${taskId}/close`, { note: 'It looks done.' })).toMatchObject({
    ...{ status: 409, body: { code: 'task_money_waits', detail: expect.stringContaining('match it or refund it') } },
  });
  expect(await about(depositId)).toMatchObject([{ taskId, state: 'open' }]);
  expect((await ask('GET', `/api/deposits?state=suspense&depositId=${depositId}`)).body).toMatchObject({ deposits: [{ waiting: 1250 }] });
});

test('a request says whether its reader may send it', async () => {
  const { taskId } = await mistyped();
  const may = async (headers = treasurer) =>
    Object.fromEntries((await read(taskId, headers)).actions.map(({ path, allowed }) => [path.split('/').at(-1), allowed]));
  expect(await may()).toMatchObject({ match: true, refunds: true });
  expect(await may(await operator(world, 'tasks:read', 'deposits:match'))).toMatchObject({ match: true, refunds: false });
  expect(await may(await operator(world, 'tasks:read'))).toMatchObject({ match: false, refunds: false });
});

test('what money may be for is shown to whoever may match it alone', async () => {
  const { taskId } = await mistyped();
  expect((await read(taskId, await operator(world, 'tasks:read'))).candidates).toEqual([]);
  expect((await read(taskId, await operator(world, 'tasks:read', 'deposits:match'))).candidates).not.toEqual([]);
});

test('a surplus: what it names refunds it, and the last shilling closes the task', async () => {
  const phoneNumber = newPhone();
  world.simulator.control.plan({ phone: phoneNumber, next: 1, outcome: 'paid', delayMs: 10_000, lateMs: 300_000 });
  const { paymentId } = await push(world, { phoneNumber });
  await world.pass(2);
  await world.send('POST', '/api/payments/stk-push', { body: { paymentId, phoneNumber } });
  await world.simulator.control.answer(world.simulator.control.prompts()[0]?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(10);
  const { body } = await ask('GET', '/api/tasks?kind=surplus_payment');
  const task = await read((body as { tasks: Task[] }).tasks[0]?.taskId ?? '');
  const depositId = task.subject.id;
  expect(task).toMatchObject({ kind: 'surplus_payment', amounts: [{ what: 'deposit', amount: 1250, waiting: 1250, proved: true }] });
  const { path, send } = offered(task, /^POST \/api\/refunds$/);
  expect(send).toMatchObject({ depositId });
  const refund = await ask('POST', path, { ...send, reason: 'Paid twice' });
  expect(refund.status).toBe(201);
  await ask('POST', `/api/payouts/${refund.body.payoutId}/decision`, {}, second);
  await world.pass(5);
  expect(await read(task.taskId)).toMatchObject({ state: 'closed', amounts: [{ waiting: 0 }] });
});

test('a prompt: the payment behind it is there, and how to look it up', async () => {
  const { paymentId } = await push(world);
  const { id } = await latestAttempt(world, paymentId);
  const task = await open('attempt_unresolved', id);
  expect(task).toMatchObject({
    subject: { type: 'attempt', id },
    amounts: [{ what: 'payment', id: paymentId, amount: 1250, state: 'pending' }],
  });
  const { reference } = task.amounts[0] as unknown as { reference: string };
  expect(offered(task, /^POST \/api\/receipts$/).send).toEqual({ receipt: '...', amount: 1250, at: '...', reference, reason: '...' });
  const { path } = offered(task, /^GET \/api\/payments/);
  expect(await ask('GET', path)).toMatchObject({ status: 200, body: { payments: [{ paymentId }] } });
});

test('a prompt that was paid: its payment and its money', async () => {
  const { paymentId, prompt } = await push(world);
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(1);
  const { id } = await latestAttempt(world, paymentId);
  const task = await open('evidence_amount_differs', id);
  expect(task.subject.type).toBe('attempt');
  expect(task.amounts.map(({ what }) => what).sort()).toEqual(['deposit', 'payment']);
  const receipt = task.amounts[0]?.receipt;
  expect(receipt).toMatch(/^[A-Z0-9]{10}$/);
  expect(offered(task, /transaction-status$/).send).toEqual({ receipt: '...' }); // the one that was reported, which the books do not have
});

test('an M-PESA code: the money that came with it can be taken back, and one that nobody knows is only asked about', async () => {
  const receipt = newReceipt(world.clock.now());
  await confirm(world, noticeBody({ TransID: receipt, TransAmount: '700', BillRefNumber: 'SHAMBA' }));
  const depositId = await depositOf(receipt);
  const task = await open('statement_reversed', receipt);
  expect(task).toMatchObject({ subject: { type: 'receipt' }, amounts: [{ what: 'deposit', id: depositId, amount: 700, receipt }] });
  expect(offered(task, /take-back$/).path).toBe(`/api/deposits/${depositId}/take-back`);
  const unknown = await open('statement_money_out', 'UKL7ZZZ999');
  expect(unknown.amounts).toEqual([]);
  expect(offered(unknown, /transaction-status$/).send).toEqual({ receipt: 'UKL7ZZZ999' });
  expect(offered(unknown, /^POST \/api\/float-entries$/).send).toMatchObject({
    kind: 'paid_out',
    receipt: 'UKL7ZZZ999',
    amount: '...',
    on: '...',
  });
});

test('a payout, or a part of one, and what a refund gives back', async () => {
  const requested = await ask('POST', '/api/payouts', { phoneNumber: newPhone(), amount: 300, reason: 'Supplier' });
  const payoutId = String(requested.body.payoutId);
  expect((await open('payout_rejected', payoutId)).amounts).toMatchObject([
    { what: 'payout', id: payoutId, amount: 300, state: 'requested' },
  ]);
  await ask('POST', `/api/payouts/${payoutId}/decision`, {}, second);
  const [part] = await world.database.sql<{ id: string }>('select id from withdrawals where payout_id = $1', [payoutId]);
  const task = await open('payout_unresolved', part?.id ?? '');
  expect(task).toMatchObject({ subject: { type: 'payout', id: part?.id }, amounts: [{ what: 'payout', id: payoutId, amount: 300 }] });
  expect(await ask('GET', offered(task, /^GET \/api\/payouts/).path)).toMatchObject({ body: { payouts: [{ payoutId }] } });
});

test('a refund: its payout and the money that it gives back', async () => {
  const { taskId, depositId } = await mistyped();
  await world.pass(6);
  const { path, send } = offered(await read(taskId), /^POST \/api\/refunds$/);
  const { body } = await ask('POST', path, { ...send, reason: 'Not ours' });
  const task = await open('payout_rejected', String(body.payoutId));
  expect(task.amounts).toMatchObject([
    { what: 'payout', id: body.payoutId, amount: 1250 },
    { what: 'deposit', id: depositId, amount: 1250 },
  ]);
  expect(offered(task, /^POST \/api\/refunds$/).send).toMatchObject({ depositId });
});

test('money whose refund waits: the task names the request that approves and the one that declines, with the id', async () => {
  const { taskId, depositId } = await mistyped();
  await world.pass(6);
  const { path, send } = offered(await read(taskId), /^POST \/api\/refunds$/);
  const { body } = await ask('POST', path, { ...send, reason: 'Not ours' });
  const task = await open('deposit_proved_after_all', depositId);
  const decisions = task.actions.filter((action) => action.path === `/api/payouts/${body.payoutId}/decision`);
  expect(decisions.map((each) => each.send)).toEqual([{}, { decision: 'decline' }]);
  expect(await ask('POST', decisions[1]?.path ?? '', decisions[1]?.send)).toMatchObject({ status: 200, body: { state: 'declined' } });
  const after = await read(task.taskId);
  expect(after.actions.filter((action) => action.path === '/api/payouts/.../decision')).toHaveLength(2);
});

test('an alert about money says how much, its M-PESA code and our reference, and free words end as a sentence', async () => {
  const { taskId, depositId } = await mistyped();
  const [deposit] = await world.database.sql<{ receipt: string }>('select receipt from deposits where id = $1', [depositId]);
  expect((await readAlertText(world.app, { reviewId: taskId }))?.line).toContain(`(${depositId}). KES 1,250, ${deposit?.receipt}. Nobody`);
  await openTask(world.app.db, { kind: 'payouts_stopped', subject: 'by_hand', openedAt: world.clock.now(), words: 'Look' });
  const [task] = await about('by_hand');
  const text = await readAlertText(world.app, { reviewId: task?.taskId ?? '' });
  expect(text?.line).toContain('(by_hand). Look. Payouts are stopped: ');
  expect(text?.paragraphs.join()).not.toContain('It is about');
});

test('a reference that was left as it stood in the action is refused', async () => {
  const send = {
    receipt: newReceipt(world.clock.now()),
    amount: 450,
    at: world.clock.now().toISOString(),
    reference: '...',
    reason: 'On the phone',
  };
  expect(await ask('POST', '/api/receipts', send)).toMatchObject({ status: 400, body: { code: 'invalid_input' } });
});

test('money that lost its M-PESA code shows it, in the task and where money is looked up', async () => {
  const receipt = newReceipt(world.clock.now());
  await confirm(world, noticeBody({ TransID: receipt, TransAmount: '700', BillRefNumber: 'SHAMBA' }));
  const depositId = await depositOf(receipt);
  await world.database.sql('update deposits set receipt = null, refuted_at = $2 where id = $1', [depositId, world.clock.now()]);
  expect((await open('deposit_refuted', depositId)).amounts).toMatchObject([
    { id: depositId, receipt: null, lostReceipt: receipt, sameAs: null },
  ]);
  const listed = await ask('GET', `/api/deposits?depositId=${depositId}`);
  expect(listed.body).toMatchObject({ deposits: [{ receipt: null, lostReceipt: receipt, sameAs: null }] });
});

test('what somebody owes us: how much is left of it is there, and the request that books its return', async () => {
  const { depositId } = await mistyped();
  const owe = (cents: number, [debit, credit]: [string, string], leg: number) =>
    world.database.sql("select book_1('taken_back', $1::uuid, $2, $3, $4, $5, now())", [depositId, leg, debit, credit, cents]);
  await owe(70_000, ['receivables', 'suspense'], 8);
  await owe(20_000, ['suspense', 'receivables'], 9);
  const task = await open('taken_back_short', depositId);
  expect(task.amounts).toMatchObject([{ id: depositId, owed: 500 }]);
  expect(offered(task, /\/match$/)).toMatchObject({ path: '/api/deposits/.../match', send: { receivable: depositId } });
});

test('what left by a signed statement: its line is there, and the entry has its code, amount and day', async () => {
  const receipt = 'UKL7QQQ111';
  const statementId = await putRow(world.database, 'statements', { state: 'done' });
  await putRow(world.database, 'statement_lines', {
    ...{
      statement_id: statementId,
      receipt,
      direction: 'out',
      kind: 'payment',
      amount_cents: 45_000,
      completed_at: '2026-11-20T22:30:00Z',
    },
  });
  const task = await open('statement_money_out', receipt);
  expect(task.amounts).toMatchObject([{ what: 'statement', id: statementId, receipt, amount: 450, at: '2026-11-20T22:30:00.000Z' }]);
  expect(offered(task, /^POST \/api\/float-entries$/).send).toMatchObject({ receipt, amount: 450, on: '2026-11-21', note: '...' });
  expect(offered(task, /^GET \/api\/statements\//).path).toContain(statementId);
});

/** A line of a statement that two people have signed. */
async function signedLine(line: object): Promise<string> {
  const statementId = await putRow(world.database, 'statements', { state: 'done' });
  const common = { statement_id: statementId, amount_cents: 45_000, completed_at: '2026-11-20T22:30:00Z' };
  await putRow(world.database, 'statement_lines', { ...common, direction: 'out', kind: 'payment', ...line });
  return statementId;
}

test('an entry about what left: the task names the request that approves it, with its id', async () => {
  const receipt = 'UKL7QQQ222';
  await signedLine({ receipt });
  const task = await open('statement_money_out', receipt);
  expect(offered(task, /approve$/).path).toBe('/api/float-entries/.../approve');
  const entry = await putRow(world.database, 'float_entries', {
    ...{ kind: 'paid_out', state: 'asked', receipt, amount_cents: 45_000, occurred_on: '2026-11-21', occurred_at: null },
  });
  const after = await read(task.taskId);
  expect(after.amounts).toMatchObject([{ what: 'statement' }, { what: 'entry', id: entry, amount: 450, state: 'asked' }]);
  expect(offered(after, /approve$/).path).toBe(`/api/float-entries/${entry}/approve`);
});

test('a reversal that says no payment: the entry that says it has code, amount and day of the line', async () => {
  const receipt = 'UKL7QQQ333';
  await signedLine({ receipt, finding: 'reversed', kind: 'reversal' });
  const { send } = offered(await open('statement_reversed', receipt), /^POST \/api\/float-entries$/);
  expect(send).toMatchObject({ receipt, amount: 450, on: '2026-11-21', depositId: '...' });
});

test('a payment that was reversed in part: how much left, by which line; nobody has to say which payment it was', async () => {
  const [receipt, reversal] = [newReceipt(world.clock.now()), 'UKL7QQQ777'];
  await confirm(world, noticeBody({ TransID: receipt, TransAmount: '700', BillRefNumber: 'SHAMBA' }));
  const statementId = await signedLine({ receipt: reversal, linked_receipt: receipt, finding: 'reversed', kind: 'reversal' });
  await world.database.sql('update deposits set reversed_elsewhere_at = now(), reversed_elsewhere_cents = 45000 where receipt = $1', [
    receipt,
  ]);
  const task = await open('statement_reversed', receipt);
  expect(task.amounts).toMatchObject([
    { what: 'deposit', amount: 700, receipt },
    { what: 'statement', id: statementId, amount: 450, receipt: reversal },
  ]);
  expect(task.actions.map(({ method, path }) => `${method} ${path}`)).not.toContain('POST /api/float-entries');
  const { body } = await ask('GET', offered(task, /^GET \/api\/deposits/).path);
  expect(body.deposits).toMatchObject([{ amount: 700, reversedAmount: 450 }]);
});

test('what a statement lacks, and its lines with other amounts: the money and its codes are there, to ask Safaricom about', async () => {
  const statementId = await signedLine({ receipt: 'UKL7QQQ888', finding: 'amount_differs', direction: 'in' });
  const [receipt, gone] = [newReceipt(world.clock.now()), newReceipt(world.clock.now())];
  for (const code of [receipt, gone]) await confirm(world, noticeBody({ TransID: code, TransAmount: '700', BillRefNumber: 'SHAMBA' }));
  await world.database.sql('update deposits set taken_back_at = now() where receipt = $1', [gone]);
  const [{ shortcode } = { shortcode: '' }] = await world.database.sql<{ shortcode: string }>(
    'select shortcode from deposits where receipt = $1',
    [receipt],
  );
  await world.database.sql('update statements set shortcode = $2 where id = $1', [statementId, shortcode]);
  for (const code of [receipt, gone])
    await putRow(world.database, 'statement_absences', {
      ...{ statement_id: statementId, movement_id: await depositOf(code), direction: 'in', receipt: code },
      ...{ amount_cents: 70_000, moved_at: '2026-11-20T22:30:00Z', proved: true },
    });
  const missing = await open('statement_missing_there', statementId);
  expect(missing.amounts).toMatchObject([{ what: 'deposit', id: await depositOf(receipt), amount: 700, receipt }]);
  expect(offered(missing, /transaction-status$/).send).toEqual({ receipt });
  expect(offered(missing, /withdraw$/).path).toBe(`/api/statements/${statementId}/withdraw`);
  const differs = await open('statement_amount_differs', statementId);
  expect(differs.amounts).toMatchObject([{ what: 'statement', id: statementId, amount: 450, receipt: 'UKL7QQQ888' }]);
  expect(offered(differs, /transaction-status$/).send).toEqual({ receipt: 'UKL7QQQ888' });
});

test('a line that could not be settled: its amount is there, and its statement', async () => {
  const receipt = 'UKL7QQQ444';
  const statementId = await signedLine({ receipt, direction: 'in', verdict: 'failed' });
  const task = await open('statement_line_failed', receipt);
  expect(task.amounts).toMatchObject([{ what: 'statement', id: statementId, receipt, amount: 450 }]);
  expect(offered(task, /^GET \/api\/statements\//).path).toBe(`/api/statements/${statementId}`);
});

test('a line that may be a payout: its code is asked about, and its statement shows it', async () => {
  const { body } = await ask('POST', '/api/payouts', { phoneNumber: newPhone(), amount: 450, reason: 'Supplier' });
  await ask('POST', `/api/payouts/${body.payoutId}/decision`, {}, second);
  const [part] = await world.database.sql<{ id: string }>('select id from withdrawals where payout_id = $1', [body.payoutId]);
  const statementId = await signedLine({ receipt: 'UKL7QQQ555', finding: 'unresolved', movement_id: part?.id });
  const task = await open('payout_on_statement', part?.id ?? '');
  expect(offered(task, /^GET \/api\/statements\//).path).toBe(`/api/statements/${statementId}?finding=unresolved`);
  const asked = task.actions.flatMap(({ path, send }) => (path === '/api/transaction-status' ? [send] : []));
  expect(asked).toContainEqual({ receipt: 'UKL7QQQ555' });
});

test("somebody else's payment was reversed: the refund of the prompt's own money that waits is named", async () => {
  const { taskId, depositId } = await mistyped();
  const { depositId: another } = await mistyped();
  await world.pass(6);
  const { path, send } = offered(await read(taskId), /^POST \/api\/refunds$/);
  const { body } = await ask('POST', path, { ...send, reason: 'Not ours' });
  const reversal = await putRow(world.database, 'payouts', { kind: 'reversal', state: 'paid', subject_id: another, deposit_id: depositId });
  const task = await open('reversal_of_another', reversal);
  expect(offered(task, /^POST \/api\/refunds$/).send).toMatchObject({ depositId });
  expect(offered(task, /decision$/).path).toBe(`/api/payouts/${body.payoutId}/decision`);
});

test('a loan', async () => {
  const loan = await makeLoan(world);
  await world.database.sql("select book_1('given_twice', $1::uuid, 1, 'receivables', $2, 30000, now())", [loan.id, `loan:${loan.id}`]);
  const task = await open('loan_paid_twice', loan.id);
  expect(task.amounts).toMatchObject([{ what: 'loan', id: loan.id, state: 'active', owed: 300 }]);
  expect(offered(task, /\/match$/).send).toEqual({ receivable: loan.id });
  expect((await ask('GET', offered(task, /^GET \/api\/loans/).path)).status).toBe(200);
});

test('of a payment or a payout that names what is not there, the one that it is', async () => {
  const { paymentId } = await push(world);
  expect(await open('payment_reference_missing', paymentId)).toMatchObject({
    ...{ subject: { type: 'payment', id: paymentId }, amounts: [{ what: 'payment' }] },
  });
  const { body } = await ask('POST', '/api/payouts', { phoneNumber: newPhone(), amount: 300, reason: 'Supplier' });
  expect(await open('payment_reference_missing', String(body.payoutId))).toMatchObject({ subject: { type: 'payout' } });
});
