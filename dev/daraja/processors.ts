import { accountsText, isMerchants } from './accounts.ts';
import { nairobiTimestamp } from './nairobi-time.ts';
import type { Network } from './network.ts';
import { processPayout } from './process-payout.ts';
import { processReversal } from './process-reversal.ts';
import { processStatus } from './process-status.ts';
import { type Processed, text } from './result-body.ts';
import type { ResultApi } from './result-plan.ts';
import type { Conversation } from './state.ts';

/** Carries a request out. */
type Processor = (network: Network, conversation: Conversation) => Processed;

/** An initiator belongs to one merchant: at another's short code it is invalid. */
const ofMerchant =
  (field: string, process: Processor): Processor =>
  (network, conversation) =>
    conversation.fields.IdentifierType === '1' || isMerchants(network, conversation.fields[field] ?? '')
      ? process(network, conversation)
      : { outcome: 'initiator-invalid' };

/** What carries out the requests to each API when they are due. */
export const processors: Record<ResultApi, Processor> = {
  b2c: ofMerchant('PartyA', processPayout),
  transactionstatus: ofMerchant('PartyA', processStatus),
  accountbalance: ofMerchant('PartyA', processBalance),
  reversal: ofMerchant('ReceiverParty', processReversal),
};

/** Answers with the balances of all accounts of a short code. */
function processBalance(network: Network, { fields }: Conversation): Processed {
  return {
    outcome: 'completed',
    parameters: [
      ['ActionType', text('AccountBalance')],
      ['AccountBalance', text(accountsText(network, fields.PartyA ?? ''))],
      ['BOCompletedTime', nairobiTimestamp(network.clock.now())],
    ],
  };
}
