import { accountsText } from './accounts.ts';
import { nairobiTimestamp } from './nairobi-time.ts';
import type { Network } from './network.ts';
import { type Processed, text } from './result-body.ts';
import type { Conversation } from './state.ts';

/** Tells what is in all accounts of a short code. */
export function processBalance(network: Network, { fields }: Conversation): Processed {
  return {
    outcome: 'completed',
    parameters: [
      ['ActionType', text('AccountBalance')],
      ['AccountBalance', text(accountsText(network, fields.PartyA ?? ''))],
      ['BOCompletedTime', nairobiTimestamp(network.clock.now())],
    ],
  };
}
