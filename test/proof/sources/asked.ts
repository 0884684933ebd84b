import { everyMinute } from '#every-minute.ts';
import { hasFunction } from '../stage.ts';
import type { Source } from './source.ts';

const neverTold = () => Promise.reject(new Error('The product asks for this by itself.'));
const asks = (step: string) => everyMinute.some((steps) => step in steps);

/** What the product hears because its minute asks; what Safaricom answers is in the plan, and from when on in the play. */
export const query: Source = { name: 'query', isBuilt: () => asks('resolve'), tell: neverTold };
export const status: Source = { name: 'status', isBuilt: () => asks('confirm') && hasFunction('deposit-status-result'), tell: neverTold };
export const balance: Source = {
  name: 'balance',
  isBuilt: () => asks('balance') && hasFunction('account-balance-result'),
  tell: neverTold,
};
export const pull: Source = { name: 'pull', isBuilt: () => asks('pull'), tell: neverTold };
