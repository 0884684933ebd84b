import * as z from 'zod';
import type { Api } from './api.ts';
import { type Acknowledged, postAsInitiator, type ResultUrls } from './initiator.ts';
import { readRequest, sendable } from './read-request.ts';

/** `shortcode`: the one whose balances are asked for, by default the initiator's own. */
export type AccountBalanceRequest = ResultUrls & { shortcode?: string; remarks?: string };

const Request = z.object({
  shortcode: sendable.shortcode.optional(),
  remarks: sendable.remarks.default('Balance'),
  resultUrl: sendable.url,
  timeoutUrl: sendable.url,
});

/** Asks for the balances of a short code's accounts; safe to repeat. They come later as a result, which Safaricom delivers once. */
export async function askAccountBalance(api: Api, request: AccountBalanceRequest): Promise<Acknowledged> {
  const { shortcode, remarks, resultUrl, timeoutUrl } = readRequest(Request, request);
  return postAsInitiator(api, {
    path: '/mpesa/accountbalance/v1/query',
    body: (initiator, credential) => ({
      Initiator: initiator.name,
      SecurityCredential: credential,
      CommandID: 'AccountBalance',
      PartyA: shortcode ?? initiator.shortcode,
      IdentifierType: '4',
      Remarks: remarks,
      QueueTimeOutURL: timeoutUrl,
      ResultURL: resultUrl,
    }),
  });
}
