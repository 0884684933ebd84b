import { stkCallbackBody } from '../bodies.ts';
import { hasFunction, post } from '../stage.ts';
import type { Source } from './source.ts';

const CODES = { paid: 0, cancelled: 1032, unreachable: 1037 } as const;

/** The STK callback, to the attempt's own address. */
export const callback: Source = {
  name: 'callback',
  isBuilt: () => hasFunction('callback'),
  tell(stage, lane, { n }, killed) {
    const [owed, prompt] = [lane.owed[n], lane.plan.prompts[n]];
    if (!owed || !prompt) throw new Error('There is no such prompt.');
    const body = stkCallbackBody({
      ...{ checkoutRequestId: owed.checkoutRequestId, resultCode: CODES[prompt.ends], receipt: lane.promptReceipts[n] ?? '' },
      ...{ shillings: lane.shillings, at: lane.startedAt, phone: Number(owed.phone) },
    });
    return post(stage, 'callback', owed.callbackPath, body, killed);
  },
};
