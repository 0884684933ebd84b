import { constants, publicEncrypt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Bench, Callback } from './bench.ts';
import { PERSON } from './bench.ts';

const certificate = readFileSync('dev/daraja/certificate/simulator-certificate.pem', 'utf8');
export const PASSWORD = 'Simulator2026!';
export const B2C_SHORTCODE = '600996';

/** A SecurityCredential as a merchant makes it. */
export const credential = (password = PASSWORD): string =>
  publicEncrypt({ key: certificate, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(password)).toString('base64');

/** Requests whose results are posted later, signed as Daraja wants. Results go to /result, time-outs to /timeout. */
export function requestsOf(bench: Bench) {
  const at = (path: string) => new URL(path, bench.callbackUrl).href;
  const urls = { ResultURL: at('/result'), QueueTimeOutURL: at('/timeout') };
  const post = async (path: string, body: Record<string, unknown>) => bench.post(path, body, await bench.bearer());
  const payoutFields = (changes: Record<string, unknown> = {}) => ({
    OriginatorConversationID: 'payout-1',
    InitiatorName: 'testapi',
    SecurityCredential: credential(),
    CommandID: 'BusinessPayment',
    Amount: 500,
    PartyA: Number(B2C_SHORTCODE),
    PartyB: PERSON,
    Remarks: 'Refund',
    ...urls,
    Occassion: '',
    ...changes,
  });
  const query = { Initiator: 'testapi', SecurityCredential: credential(), Remarks: 'Check', ...urls };
  return {
    at,
    post,
    payoutFields,
    payout: (changes: Record<string, unknown> = {}, version = 'v3') => post(`/mpesa/b2c/${version}/paymentrequest`, payoutFields(changes)),
    status: (changes: Record<string, unknown>) =>
      post('/mpesa/transactionstatus/v1/query', {
        ...query,
        CommandID: 'TransactionStatusQuery',
        PartyA: '174379',
        IdentifierType: '4',
        ...changes,
      }),
    balance: (changes: Record<string, unknown> = {}) =>
      post('/mpesa/accountbalance/v1/query', {
        ...query,
        CommandID: 'AccountBalance',
        PartyA: B2C_SHORTCODE,
        IdentifierType: 4,
        ...changes,
      }),
    reverse: (changes: Record<string, unknown>) =>
      post('/mpesa/reversal/v1/request', {
        ...query,
        CommandID: 'TransactionReversal',
        ReceiverParty: '174379',
        RecieverIdentifierType: '11',
        ...changes,
      }),
    register: (changes: Record<string, unknown> = {}, version = 'v2') =>
      post(`/mpesa/c2b/${version}/registerurl`, {
        ShortCode: 174379,
        ResponseType: 'Completed',
        ConfirmationURL: at('/confirmation'),
        ValidationURL: at('/validation'),
        ...changes,
      }),
    simulate: (changes: Record<string, unknown> = {}, version = 'v2') =>
      post(`/mpesa/c2b/${version}/simulate`, {
        ShortCode: 174379,
        CommandID: 'CustomerPayBillOnline',
        Amount: 120,
        Msisdn: Number(PERSON),
        BillRefNumber: 'INV-7',
        ...changes,
      }),
  };
}

/** What was posted to a path, latest last. */
export const postsTo = (bench: Bench, path: string): Callback[] => bench.callbacks.filter((callback) => callback.url === path);
/** The Result of a posted result. */
export const resultOf = (callback: Callback | undefined) => JSON.parse(callback?.text ?? '{}').Result;
/** A result's parameters by key. */
export const parametersOf = (callback: Callback | undefined): Record<string, unknown> =>
  Object.fromEntries(
    (resultOf(callback)?.ResultParameters?.ResultParameter ?? []).map(({ Key, Value }: { Key: string; Value?: unknown }) => [Key, Value]),
  );
