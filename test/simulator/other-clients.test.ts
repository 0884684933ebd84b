import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Mpesa as DarajaJs } from 'daraja.js';
import { routes } from 'daraja.js/dist/models/routes.js';
import MpesaNode from 'mpesa-node';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Truth } from '../../dev/daraja/truth.ts';
import { credential, PASSWORD } from './requests.ts';

const PASSKEY = 'bfb279f9aa9bdbcf158e97dd71a467cd2e0c893059b10f78e6b72ada1ed2c919';
const PHONE = 254708374149;
const [COLLECTING, PAYING] = [174379, 600996];

let simulator: ChildProcess;
let url: string;
const posts: { path: string; body: string }[] = [];
const merchant = createServer(async (request, response) => {
  let body = '';
  for await (const part of request) body += part;
  posts.push({ path: request.url ?? '', body });
  response.end('{"ResultCode":"0","ResultDesc":"Accepted"}');
});

beforeEach(async () => {
  posts.length = 0;
  simulator = spawn(process.execPath, ['dev/daraja/main.ts', '--port', '0', '--virtual-clock', '2026-11-21T08:00:00Z', '--seed', '1']);
  let said = '';
  for await (const part of simulator.stdout ?? []) {
    said += part;
    if (said.includes('Kept in')) break;
  }
  url = /Daraja base URL\s+(\S+)/.exec(said)?.[1] ?? '';
  await new Promise<void>((ready) => merchant.listen(0, '127.0.0.1', ready));
});

afterEach(async () => {
  simulator.kill();
  await once(simulator, 'exit');
  merchant.closeAllConnections();
  await new Promise((closed) => merchant.close(closed));
});

const here = (path: string) => `http://127.0.0.1:${(merchant.address() as AddressInfo).port}${path}`;
const pass = (advanceMs: number) => fetch(`${url}/simulator/clock`, { method: 'POST', body: JSON.stringify({ advanceMs }) });
const truth = async () => (await (await fetch(`${url}/simulator/truth`)).json()) as Truth;
const resultOf = (path: string) => JSON.parse(posts.find((post) => post.path === path)?.body ?? '{}').Result;
const receiptOfFirst = async () => (await truth()).transactions[0]?.receipt ?? '';

/** What both clients have done in the end: KES 350 and 120 came in, 500 and the 350 went out, and everything was told. */
async function expectAllDone() {
  expect(await truth()).toMatchObject({
    receivedCents: '47000',
    sentCents: '85000',
    transactions: [{ kind: 'stk' }, { kind: 'c2b', accountReference: 'INV-8' }, { kind: 'b2c' }, { kind: 'reversal' }],
  });
  expect(posts.map(({ path }) => path)).toEqual([
    '/stk',
    '/confirmation',
    '/validation',
    '/confirmation',
    '/payout-result',
    '/status-result',
    '/balance-result',
    '/reversal-result',
  ]);
  for (const path of ['/payout-result', '/status-result', '/balance-result', '/reversal-result']) {
    expect(resultOf(path)).toMatchObject({ ResultCode: 0, ResultParameters: { ResultParameter: expect.any(Array) } });
  }
  expect(JSON.stringify(resultOf('/status-result'))).toContain('{"Key":"TransactionStatus","Value":"Completed"}');
}

it('serves mpesa-node, unmodified: OAuth, STK push and query, C2B register and simulate, B2C, status, balance, reversal', async () => {
  const mpesa = new MpesaNode({
    consumerKey: 'local-key',
    consumerSecret: 'local-secret',
    environment: 'sandbox',
    shortCode: COLLECTING,
    initiatorName: 'testapi',
    lipaNaMpesaShortCode: COLLECTING,
    lipaNaMpesaShortPass: PASSKEY,
    securityCredential: PASSWORD,
    certPath: 'dev/daraja/certificate/simulator-certificate.pem',
  });
  mpesa.baseURL = url;
  expect((await mpesa.c2bRegister(here('/confirmation'), here('/validation'))).data).toMatchObject({ ResponseCode: '0' });
  const pushed = await mpesa.lipaNaMpesaOnline(PHONE, 350, here('/stk'), 'INV-7');
  await pass(10_000);
  expect((await mpesa.lipaNaMpesaQuery(pushed.data.CheckoutRequestID ?? '')).data.ResultCode).toBe('0');
  await mpesa.c2bSimulate(PHONE, 120, 'INV-8');
  await pass(10_000);
  await mpesa.b2c(PAYING, PHONE, 500, here('/timeout'), here('/payout-result'));
  await pass(10_000);
  const receipt = await receiptOfFirst();
  await mpesa.transactionStatus(receipt, COLLECTING, 4, here('/timeout'), here('/status-result'));
  await pass(10_000);
  await mpesa.accountBalance(PAYING, 4, here('/timeout'), here('/balance-result'));
  await pass(10_000);
  await mpesa.reversal(receipt, 350, here('/timeout'), here('/reversal-result'));
  await pass(10_000);
  await expectAllDone();
});

it('serves daraja.js, unmodified: OAuth, STK push and query, C2B register and simulate, B2C, status, balance, reversal', async () => {
  routes.sandbox = url;
  const keys = { consumerKey: 'local-key', consumerSecret: 'local-secret', securityCredential: credential() };
  const mpesa = new DarajaJs(keys, 'sandbox');
  const registered = await mpesa
    .c2b()
    .shortCode(`${COLLECTING}`)
    .confirmationURL(here('/confirmation'))
    .validationURL(here('/validation'))
    .callbackURL(here('/callback'))
    .registerURLS();
  expect(registered.isOkay()).toBe(true);
  const push = () => mpesa.stkPush().shortCode(`${COLLECTING}`).lipaNaMpesaPassKey(PASSKEY);
  const pushed = await push().amount(350).phoneNumber(PHONE).accountNumber('INV-7').description('Coffee').callbackURL(here('/stk')).send();
  await pass(10_000);
  const queried = await push().checkoutRequestID(pushed.getTransactionID()).queryStatus();
  expect(queried.getResultCode()).toBe('0');
  await mpesa.c2b().shortCode(`${COLLECTING}`).accountNumber('INV-8').amount(120).phoneNumber(PHONE).simulate();
  await pass(10_000);
  await mpesa
    .b2c()
    .amount(500)
    .phoneNumber(PHONE)
    .shortCode(`${PAYING}`)
    .resultURL(here('/payout-result'))
    .timeoutURL(here('/timeout'))
    .send();
  await pass(10_000);
  const receipt = await receiptOfFirst();
  const status = mpesa.transactionStatus().shortCode(`${COLLECTING}`).transactionID(receipt);
  await status.timeoutURL(here('/timeout')).resultURL(here('/status-result')).queryStatus();
  await pass(10_000);
  await mpesa.accountBalance().shortCode(`${PAYING}`).timeoutURL(here('/timeout')).resultURL(here('/balance-result')).query();
  await pass(10_000);
  const reversal = mpesa.reversal().amount(350).shortCode(`${COLLECTING}`).initiator('testapi').transactionID(receipt);
  await reversal.timeoutURL(here('/timeout')).resultURL(here('/reversal-result')).send();
  await pass(10_000);
  await expectAllDone();
});
