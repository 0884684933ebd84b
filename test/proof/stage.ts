import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import { toNairobiTimestamp } from '#mpesa/daraja/nairobi-timestamp.ts';
import { paybillUrls } from '#mpesa/paybill/paybill-address.ts';
import { signedIn } from '../world/person.ts';
import { functions, strike } from '../world/route.ts';
import { startWorld, type World } from '../world/world.ts';
import { type AccountLine, paidOutLine, receivedLine } from './account.ts';
import { resultBody, statusParameters, stkCallbackBody } from './bodies.ts';
import { killedContext } from './killed-context.ts';
import { type AskedLater, type Safaricom, startSafaricom } from './safaricom.ts';
import { newPhones, newReceipt, type Owed } from './world-of-money.ts';

/** What Safaricom says about a receipt when it is asked; undefined: nothing ever. */
export type StatusAnswer = { debit: string; credit: string | undefined; shillings: number; at: Date | undefined } | 'not found' | undefined;

/** The product in one process with a Safaricom that says only what a sequence has it say. */
export type Stage = {
  world: World;
  safaricom: Safaricom;
  shortcode: string;
  tillNumber: string | undefined;
  confirmationPath: string;
  /** All that moved in the account of our short code, as Safaricom booked it. */
  account: AccountLine[];
  /** Whether Safaricom says what is on it. */
  tellsBalance: boolean;
  /** Until when it stands in signed statements. */
  listedUntil: Date;
  /** By receipt. */
  statusAnswers: Map<string, StatusAnswer>;
  stop(): Promise<void>;
};

export const hasFunction = (wanted: string): boolean => functions.some(({ name }) => name === wanted);

export const SHORTCODE = '174379';
export const US = `${SHORTCODE} - Duka la Kahawa`;

/** `tellsBalance`: whether Safaricom answers when it is asked what is on the account. `further`: another short code of ours. */
export async function startStage({
  tillNumber,
  tellsBalance = false,
  further,
}: {
  tillNumber?: string;
  tellsBalance?: boolean;
  further?: string;
} = {}): Promise<Stage> {
  const safaricom = await startSafaricom({ tellsBalance });
  const till = tillNumber ? { MPESA_TRANSACTION_TYPE: 'till', MPESA_TILL_NUMBER: tillNumber } : {};
  const codes = further ? { MPESA_SHORTCODES: further } : {};
  const world = await startWorld({ environment: { MPESA_BASE_URL: safaricom.url, PROMPTS_PER_DAY: '1000000', ...till, ...codes } });
  const stage: Stage = {
    ...{
      world,
      safaricom,
      shortcode: SHORTCODE,
      tillNumber,
      statusAnswers: new Map(),
      account: [],
      tellsBalance,
      listedUntil: world.clock.now(),
    },
    confirmationPath: new URL(paybillUrls(world.app.config).confirmationUrl).pathname,
    stop: async () => {
      await world.stop();
      await safaricom.stop();
    },
  };
  return stage;
}

let visitors = 0;

const TRIES = 5;

/** A payment that a customer was prompted for, through the real function; asked again where it cannot answer now. */
export async function owe(stage: Stage, phone: string, shillings: number, tries = TRIES): Promise<Owed> {
  visitors += 1;
  const body = { phoneNumber: phone, items: [{ sku: 'gift', amount: shillings }] };
  const ip = `10.${visitors >> 16}.${(visitors >> 8) & 255}.${visitors & 255}`;
  const response = await stage.world.send('POST', '/api/payments/stk-push', { body, ip });
  if (response.status === 503 && tries > 1) return owe(stage, phone, shillings, tries - 1);
  const { paymentId, reference } = (await response.json()) as { paymentId: string; reference: string };
  const prompt = stage.safaricom.prompts.find((asked) => asked.reference === reference);
  const [row] = await stage.world.database.sql<{ id: string }>('select latest_attempt_id as id from payments where id = $1', [paymentId]);
  if (response.status !== 201 || !prompt || !row) throw new Error(`The prompt was answered ${response.status}.`);
  const token = makeCallbackToken(stage.world.app.config.callback.tokenKeys, 'stk', row.id);
  const { checkoutRequestId } = prompt;
  return { paymentId, reference, attemptId: row.id, checkoutRequestId, callbackPath: `/api/callbacks/stk/${token}`, phone };
}

/** Says something to the product as Safaricom does. Killed: the process ends after it has settled and before anything else. Returns the status that it answered. */
export async function post(stage: Stage, name: string, path: string, body: string, killed = false): Promise<number> {
  if (!killed) return (await stage.world.send('POST', path, { body })).status;
  const found = functions.find((each) => each.name === name);
  if (!found) throw new Error(`There is no function ${name}.`);
  const handler = await found.load();
  const request = new Request(`${stage.world.siteUrl}${path}`, { method: 'POST', body });
  await handler(request, killedContext({ token: path.split('/')[4] ?? '' })).catch(() => undefined);
  return 200; // nobody is there to answer
}

/** The minute, and then every result that Safaricom has by then. */
export async function strikeMinute(stage: Stage): Promise<void> {
  await strike('scheduled-minute');
  await stage.world.settled();
  await answerWaiting(stage);
}

/** Sends the results of what the product has asked for. */
export async function answerWaiting(stage: Stage): Promise<void> {
  for (const asked of stage.safaricom.waiting.splice(0)) {
    const body = RESULTS[asked.api](stage, asked);
    if (body) await stage.world.send('POST', new URL(asked.resultUrl).pathname, { body });
  }
}

function payoutResult(stage: Stage, { ids, phone, shillings, receipt: fixed }: AskedLater): string {
  const at = stage.world.clock.now();
  const receipt = fixed || newReceipt(at);
  stage.account.push(paidOutLine({ receipt, at, shillings, phone }));
  stage.statusAnswers.set(receipt, { debit: US, credit: `${phone} - JANE DOE`, shillings, at });
  const parameters = { TransactionAmount: shillings, TransactionReceipt: receipt, ReceiverPartyPublicName: `${phone} - JANE DOE` };
  return resultBody({ ids, transactionId: receipt, parameters });
}

const RESULTS = { b2c: payoutResult, status: statusResult, balance: balanceResult };

/** What is on the account then, in shillings. */
export const heldBySafaricom = ({ account }: Stage, then: Date): number =>
  account.reduce((sum, { at, shillings }) => (at <= then ? sum + shillings : sum), 0);

function balanceResult(stage: Stage, { ids }: AskedLater): string {
  const at = new Date(stage.world.clock.now().getTime() - 1000); // what comes with this answer has moved after it
  const held = `${heldBySafaricom(stage, at)}.00`;
  const parameters = {
    AccountBalance: `Working Account|KES|0.00|0.00|0.00|0.00&Utility Account|KES|${held}|${held}|0.00|0.00`,
    BOCompletedTime: toNairobiTimestamp(at),
  };
  return resultBody({ ids, transactionId: 'UKL0000000', parameters });
}

function statusResult(stage: Stage, { ids, receipt }: AskedLater): string | undefined {
  const said = stage.statusAnswers.get(receipt);
  if (!said) return undefined;
  if (said === 'not found') return resultBody({ ids, code: 'SFC_IC0003', transactionId: 'UKL0000000' });
  return resultBody({ ids, transactionId: 'UKL0000000', parameters: statusParameters({ receipt, ...said }) });
}

/** A payment that its callback proves, so that the float holds money of others. */
export async function fillFloat(stage: Stage, shillings: number): Promise<void> {
  const phone = newPhones().customers[0] ?? '';
  const owed = await owe(stage, phone, shillings);
  const at = stage.world.clock.now();
  const { checkoutRequestId, callbackPath } = owed;
  const receipt = newReceipt(at);
  stage.account.push(receivedLine({ receipt, at, shillings, phone, hint: 'masked', reference: owed.reference, byHand: false }));
  const body = stkCallbackBody({ checkoutRequestId, resultCode: 0, receipt, shillings, at, phone: Number(phone) });
  await post(stage, 'callback', callbackPath, body);
}

/** Pays people out and returns the receipts, which the payees have in their SMS. */
export async function payOut(stage: Stage, amounts: number[]): Promise<string[]> {
  const ids: string[] = [];
  for (const amount of amounts) ids.push(await approvePayout(stage, amount));
  await passMinutes(stage, 3, strikeMinute);
  const rows = await stage.world.database.sql<{ payout_id: string; receipt: string }>(
    'select payout_id, receipt from withdrawals where payout_id = any($1)',
    [ids],
  );
  return ids.map((id) => rows.find(({ payout_id }) => payout_id === id)?.receipt ?? 'none');
}

/** A payout that Safaricom has made and whose result has not come: `answerWaiting` sends it. */
export async function openPayout(stage: Stage, amount: number): Promise<{ payoutId: string; receipt: string }> {
  const payoutId = await approvePayout(stage, amount);
  await passUnanswered(stage, 2);
  const asked = stage.safaricom.waiting.find(({ api, shillings }) => api === 'b2c' && shillings === amount);
  if (!asked) throw new Error('The payout was not sent.');
  asked.receipt = newReceipt(stage.world.clock.now());
  return { payoutId, receipt: asked.receipt };
}

async function approvePayout(stage: Stage, amount: number): Promise<string> {
  const send = async (path: string, body: unknown) => {
    const response = await stage.world.send('POST', path, { body, headers: await signedIn(stage.world, 'treasurer') });
    if (response.status >= 300) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as { payoutId: string };
  };
  const { payoutId } = await send('/api/payouts', { phoneNumber: newPhones().other, amount, reason: 'Supplier' });
  await send(`/api/payouts/${payoutId}/decision`, {});
  return payoutId;
}

/** Minutes in which Safaricom sends no results. */
export const passUnanswered = (stage: Stage, minutes: number): Promise<void> =>
  passMinutes(stage, minutes, async () => {
    await strike('scheduled-minute');
    await stage.world.settled();
  });

async function passMinutes(stage: Stage, minutes: number, work: (stage: Stage) => Promise<void>): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    await stage.world.clock.advance(60_000);
    await work(stage);
  }
}
