import * as z from 'zod';
import type { OwnFunction, Part } from '../operation.ts';

const Accepted = z.strictObject({ ResultCode: z.literal(0), ResultDesc: z.enum(['Accepted', 'Success']) }).meta({ id: 'Accepted' });

const Validated = z.strictObject({ ResultCode: z.string(), ResultDesc: z.enum(['Accepted', 'Rejected']) }).meta({ id: 'Validated' });

const told = (load: OwnFunction['load'], summary: string, answer: z.ZodType = Accepted): OwnFunction => ({ load, summary, answer });

export const callbacks: Part = {
  tag: "Safaricom's callbacks",
  about: `What Safaricom calls. Each address holds a secret that was made for one subject; without it the answer is that of an unknown path. The bodies are [Safaricom's](https://developer.safaricom.co.ke). The answer comes after what was said is kept.`,
  operations: {},
  ownFunctions: {
    callback: told(() => import('../../../netlify/functions/callback.ts'), 'How a prompt ended'),
    c2bValidation: told(
      () => import('../../../netlify/functions/c2b-validation.ts'),
      'Whether a payment to the paybill is wanted',
      Validated,
    ),
    c2bConfirmation: told(() => import('../../../netlify/functions/c2b-confirmation.ts'), 'Somebody has paid the paybill or till'),
    b2cResult: told(() => import('../../../netlify/functions/b2c-result.ts'), 'How a payout ended'),
    b2cTimeout: told(() => import('../../../netlify/functions/b2c-timeout.ts'), "A payout's result is not coming"),
    reversalResult: told(() => import('../../../netlify/functions/reversal-result.ts'), 'How a reversal ended'),
    reversalTimeout: told(() => import('../../../netlify/functions/reversal-timeout.ts'), "A reversal's result is not coming"),
    withdrawalStatusResult: told(() => import('../../../netlify/functions/withdrawal-status-result.ts'), 'The status of a payout'),
    withdrawalStatusTimeout: told(
      () => import('../../../netlify/functions/withdrawal-status-timeout.ts'),
      'The status of a payout is not coming',
    ),
    depositStatusResult: told(() => import('../../../netlify/functions/deposit-status-result.ts'), 'Whether a receipt is real'),
    depositStatusTimeout: told(
      () => import('../../../netlify/functions/deposit-status-timeout.ts'),
      'Whether a receipt is real is not known',
    ),
    transactionStatusResult: told(() => import('../../../netlify/functions/transaction-status-result.ts'), 'What became of a transaction'),
    transactionStatusTimeout: told(
      () => import('../../../netlify/functions/transaction-status-timeout.ts'),
      'What became of a transaction is not known',
    ),
    accountBalanceResult: told(() => import('../../../netlify/functions/account-balance-result.ts'), "The paybill's balances"),
    accountBalanceTimeout: told(
      () => import('../../../netlify/functions/account-balance-timeout.ts'),
      "The paybill's balances are not known",
    ),
  },
};
