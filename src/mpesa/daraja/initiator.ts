import * as z from 'zod';
import { type Api, type Initiator, postToDaraja } from './api.ts';
import { DarajaError, type DarajaFailure } from './errors.ts';
import { readAnswer } from './read-answer.ts';
import { encryptInitiatorPassword } from './security-credential.ts';
import { accepted, requiredId } from './shapes.ts';
import type { TokenLease } from './token.ts';

/** Safaricom accepted the request and will send the result later: nothing has happened yet. */
export type Acknowledged = { conversationId: string; originatorConversationId: string };

/** `resultUrl` gets the result. `timeoutUrl` gets Safaricom's word that it gave up waiting for one, which proves nothing. */
export type ResultUrls = { resultUrl: string; timeoutUrl: string };

type InitiatorCall = {
  path: string;
  body: (initiator: Initiator, credential: string) => object;
  ownId?: string;
  lease?: TokenLease | undefined;
};

const acknowledgement = (ownId: string | undefined) =>
  z.object({
    ConversationID: requiredId,
    OriginatorConversationID: ownId === undefined ? requiredId : requiredId.catch(ownId),
    ResponseCode: accepted,
  });

/**
 * Posts once as the initiator and reads the acknowledgement; `ownId` stands in when Safaricom does not repeat the id that we gave.
 * Throws a DarajaError: `not_configured` without an initiator, and of kind `unclear` whenever the request may have got in.
 */
export async function postAsInitiator(api: Api, { path, body, ownId, lease }: InitiatorCall): Promise<Acknowledged> {
  const { initiator } = api;
  if (!initiator) throw new DarajaError({ kind: 'refused', reason: 'not_configured' }, 'the options name no initiator');
  const credential = encryptInitiatorPassword(initiator.password, initiator.certificatePem);
  const answer = await postToDaraja({ ...api, tokens: initiator.tokens }, path, body(initiator, credential), lease);
  const failure = answer.failure && blameRightParty(answer.failure);
  const read = readAnswer(acknowledgement(ownId), { ...answer, failure });
  return { conversationId: read.ConversationID, originatorConversationId: read.OriginatorConversationID };
}

/** Corrects the reason that `classify` gives: in a prompt party A is the payer's phone, but here it is our short code, and party B is the phone. */
function blameRightParty(failure: DarajaFailure): DarajaFailure {
  const message = failure.errorMessage ?? '';
  if (failure.reason === 'invalid_phone' && /invalid partya\b/i.test(message)) return { ...failure, reason: 'bad_request' };
  if (failure.reason === 'bad_request' && /invalid partyb\b/i.test(message)) return { ...failure, reason: 'invalid_phone' };
  return failure;
}
