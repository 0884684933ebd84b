import type { Trigger } from './expect-function.ts';

/** Functions that only read begin with one of these, and are a GET. */
const READING = ['download', 'list', 'read'];

/** All others begin with one of these, and are not a GET. */
const ACTING = [
  ...['add', 'apply', 'approve', 'ask', 'assign', 'cancel', 'change', 'close', 'create', 'decide', 'disable', 'disburse', 'discard'],
  ...['enable', 'end', 'finish'],
  ...[
    'match',
    'note',
    'put',
    'record',
    'register',
    'reject',
    'replay',
    'request',
    'resolve',
    'retry',
    'reverse',
    'revoke',
    'rotate',
    'send',
    'settle',
  ],
  ...['sign', 'start', 'stop', 'take', 'unlock', 'unmatch', 'upload', 'withdraw'],
];

/** The functions that no verb names. */
export const FIXED_NAMES: readonly string[] = [
  // the first design of Malipo named these, and guides and monitors know them so
  ...['stk-push', 'callback', 'status', 'b2c-result', 'scheduled-reminders', 'scheduled-penalties'],
  // Safaricom calls these: they are named like b2c-result, after what they report
  ...['b2c-timeout', 'reversal-result', 'reversal-timeout', 'c2b-confirmation', 'c2b-validation'],
  ...['account-balance-result', 'account-balance-timeout', 'transaction-status-result', 'transaction-status-timeout'],
  ...['deposit-status-result', 'deposit-status-timeout', 'withdrawal-status-result', 'withdrawal-status-timeout'],
  // the clock calls this: it is named like scheduled-reminders, after when it runs
  'scheduled-minute',
];

/** Functions whose names do not say what they do, verb first, in words. */
export function misnamed(functions: Record<string, Pick<Trigger, 'methods'>>): string[] {
  return Object.entries(functions).flatMap(([name, { methods }]) => {
    if (FIXED_NAMES.includes(name)) return [];
    const [verb = '', noun] = name.split('-');
    const reads = READING.includes(verb);
    if (!noun || !(reads || ACTING.includes(verb))) return [`${name}: not a verb of dev/bundle/function-names.ts and a noun`];
    const asked = methods.filter((method) => method !== 'OPTIONS');
    if (asked.length > 0 && asked.every((method) => (method === 'GET') === reads)) return [];
    return [`${name}: "${verb}" does not go with ${asked.join(', ') || 'no method'}`];
  });
}
