import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { createApp } from '#app.ts';
import { parseConfig } from '#ground/config/config.ts';
import { nairobiDay } from '#ground/time/nairobi.ts';
import { toNairobiTimestamp } from '#mpesa/daraja/nairobi-timestamp.ts';
import { receiptPrefix } from '#mpesa/daraja/receipt-day.ts';
import { paybillUrls } from '#mpesa/paybill/paybill-address.ts';
import { runRegisterPull } from '../register-pull.ts';
import { becomes, expectBooks, payAtPaybill, payByPrompt, type Stage, say } from './stage.ts';
import { ask, askInVain, FUNCTION_PAUSE_MS, step } from './take-steps.ts';

/** What the story of lost and forged notices proves. */
export type EvidenceResult = {
  byStatement: { paymentId: string; status: string };
  byPull: { paymentId: string; status: string };
  forged: { paymentId: string; refund: string; status: string };
  uploaderSigns: string;
};

const PHONES = { statement: '0733 000 221', pull: '0733 000 222', forged: '0733 000 223' };
const DAY_MS = 24 * 3_600_000;

const File = z.object({ name: z.string(), base64: z.string() });
const Uploaded = z.object({ statementId: z.uuid() });
const Shown = z.object({
  state: z.string(),
  refused: z.object({ why: z.string() }).nullable(),
  findings: z.array(z.object({ finding: z.string(), direction: z.string(), count: z.number() })),
});
const Deposits = z.object({ deposits: z.array(z.object({ depositId: z.uuid(), receipt: z.string().nullable(), refuted: z.boolean() })) });

/** Two notices are lost and one is a lie: the statement, which two people answer for, finds one and refutes the lie, and a pull finds the other. */
export async function playEvidence(stage: Stage): Promise<EvidenceResult> {
  const lost = await payUntold(stage, 'statement');
  stage.tell(`Its notice is lost: nobody tells us that ${lost.reference} is paid.`);
  const forged = await forge(stage);
  const uploaderSigns = await importStatement(stage);
  await becomes(`${stage.world.shopUrl}/api/payments/${lost.paymentId}`, { status: 'paid' });
  stage.tell(`Signed off: ${lost.reference} is paid, and proved.`);
  await takeBack(stage, forged);
  await expectBooks(stage);

  const second = await payUntold(stage, 'pull');
  stage.tell(`Its notice is lost too. The operator switches pulling on, and Safaricom is asked what it has received.`);
  await pull();
  await becomes(`${stage.world.shopUrl}/api/payments/${second.paymentId}`, { status: 'paid' });
  Object.assign(process.env, { MPESA_PULL: 'off' });
  stage.tell(`Found by the pull: ${second.reference} is paid, and proved.`);
  await expectBooks(stage);
  return {
    byStatement: { paymentId: lost.paymentId, status: 'paid' },
    byPull: { paymentId: second.paymentId, status: 'paid' },
    forged: { paymentId: forged.paymentId, refund: forged.refund, status: 'reversed' },
    uploaderSigns,
  };
}

/** A customer cancels the prompt and pays at the paybill with the right reference; M-PESA's notice of it is lost. */
async function payUntold(stage: Stage, by: 'statement' | 'pull') {
  const owed = await payByPrompt(stage, { phoneNumber: PHONES[by], items: [{ sku: 'tea' }] }, { outcome: 'cancelled' });
  await ask(z.unknown(), `${stage.world.simulatorUrl}/simulator/plan`, { api: 'c2b', next: 1, lost: true });
  await payAtPaybill(stage, PHONES[by], owed.amount, owed.reference);
  stage.tell(`A customer cancels the prompt and pays KES ${say(owed.amount)} at the paybill.`);
  return owed;
}

/** Somebody who knows the callback address sends a notice of a payment that never was. */
async function forge(stage: Stage): Promise<{ paymentId: string; depositId: string; refund: string }> {
  const { world, tell, treasurer } = stage;
  const { paymentId, reference, amount } = await payByPrompt(
    stage,
    { phoneNumber: PHONES.forged, items: [{ sku: 'honey' }] },
    { outcome: 'cancelled' },
  );
  const at = new Date(Date.now() - 5 * 60_000);
  const receipt = `${receiptPrefix(nairobiDay(at))}F0RGED1`;
  const { confirmationUrl } = paybillUrls(parseConfig(process.env));
  const notice = {
    ...{
      TransactionType: 'Pay Bill',
      TransID: receipt,
      TransTime: toNairobiTimestamp(at),
      TransAmount: `${amount}.00`,
      BusinessShortCode: '174379',
    },
    ...{
      BillRefNumber: reference,
      InvoiceNumber: '',
      OrgAccountBalance: '',
      ThirdPartyTransID: '',
      MSISDN: '2547 ***** 223',
      FirstName: 'NOBODY',
    },
  };
  await step('forging a notice', () => ask(z.unknown(), confirmationUrl, notice));
  const { shopUrl } = world;
  await becomes(`${shopUrl}/api/payments/${paymentId}`, { status: 'paid' });
  const deposit = await step('finding what was told', async () => {
    const { deposits } = await ask(Deposits, `${shopUrl}/api/deposits?state=unconfirmed`, undefined, treasurer);
    return deposits.find((each) => each.receipt === receipt);
  });
  const refund = await askInVain(
    `${shopUrl}/api/refunds`,
    { depositId: deposit.depositId, reason: 'I paid by mistake', phoneNumber: PHONES.forged },
    treasurer,
  );
  tell(`A forged notice pays ${reference}: it is only told, and giving it back is refused as ${refund}.`);
  return { paymentId, depositId: deposit.depositId, refund };
}

/** The treasurer imports the statement and may not sign it off; the administrator does. */
async function importStatement({ world, tell, treasurer, administrator }: Stage): Promise<string> {
  const { shopUrl, simulatorUrl } = world;
  const days = { from: nairobiDay(new Date(Date.now() - DAY_MS)), to: nairobiDay(new Date()) };
  const { name, base64 } = await step('exporting the statement', () => ask(File, `${simulatorUrl}/simulator/statements`, days));
  const url = `${shopUrl}/api/statements`;
  const { statementId } = await step('importing the statement', () =>
    sendFile(`${url}?fileName=${encodeURIComponent(name)}`, base64, treasurer),
  );
  const look = async (state: string) => {
    const shown = await ask(Shown, `${url}/${statementId}`, undefined, treasurer);
    if (shown.refused) throw new Error(`The statement was refused: ${shown.refused.why}`);
    return shown.state === state ? shown : undefined;
  };
  const { findings } = await step('comparing the statement', () => look('matched'), FUNCTION_PAUSE_MS);
  tell(
    `The treasurer imports M-PESA's statement: ${findings.map(({ finding, direction, count }) => `${count} ${direction} ${finding}`).join(', ')}.`,
  );
  const refused = await askInVain(`${url}/${statementId}/sign-off`, {}, treasurer);
  await step('signing the statement off', () => ask(z.unknown(), `${url}/${statementId}/sign-off`, {}, administrator));
  tell(`The treasurer may not sign it off (${refused}); the administrator does.`);
  await step('settling the statement', () => look('done'), FUNCTION_PAUSE_MS);
  return refused;
}

async function sendFile(url: string, base64: string, token: string): Promise<z.output<typeof Uploaded>> {
  // Netlify's local runtime reads every body as text: a workbook would not arrive whole
  const headers = { 'content-type': 'text/csv', authorization: `Bearer ${token}` };
  const response = await fetch(url, { method: 'POST', headers, body: Buffer.from(base64, 'base64'), signal: AbortSignal.timeout(30_000) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return Uploaded.parse(await response.json());
}

async function takeBack(
  { world, tell, treasurer }: Stage,
  { paymentId, depositId }: { paymentId: string; depositId: string },
): Promise<void> {
  await step('refuting the lie', async () => {
    const { deposits } = await ask(Deposits, `${world.shopUrl}/api/deposits?state=unconfirmed`, undefined, treasurer);
    return deposits.find((each) => each.depositId === depositId && each.refuted);
  });
  const url = `${world.shopUrl}/api/deposits/${depositId}/take-back`;
  await step('taking the lie back', () => ask(z.unknown(), url, { reason: 'The statement does not have it' }, treasurer));
  await becomes(`${world.shopUrl}/api/payments/${paymentId}`, { status: 'reversed' });
  tell('The statement does not have the forged one: it is refuted, and the treasurer takes it back.');
}

/** Each call of a function reads this process's environment anew. */
async function pull(): Promise<void> {
  await sleep(2_000); // a pull goes up to a whole second; what comes in that second is found by the next pull, a quarter of an hour later
  Object.assign(process.env, { MPESA_PULL_NUMBER: '254712345678' });
  const app = createApp(parseConfig(process.env));
  try {
    const code = await runRegisterPull([], { app: () => app, print: () => undefined, complain: () => undefined });
    if (code !== 0) throw new Error('Pulling could not be registered.');
  } finally {
    await app.db.close();
  }
  Object.assign(process.env, { MPESA_PULL: 'on' });
}
