type Balance = { account: string; currency: string; currentCents: bigint; availableCents: bigint };

/** The account that payouts leave from: the utility account, or the working account of a short code that has none. */
export const findPayingAccount = <Row extends Balance>(accounts: Row[]): Row | undefined =>
  ['utility', 'working']
    .map((word) => accounts.find(({ account }) => account.toLowerCase().includes(word)))
    .find((found) => found !== undefined);

/** What a short code holds of customers' and our own money, in cents. Charges paid and money on its way to the bank are not in it. */
export const sumHeld = (accounts: Balance[]): bigint =>
  accounts
    .filter(({ account, currency }) => currency === 'KES' && !/charges|settlement/i.test(account))
    .reduce((sum, { currentCents }) => sum + currentCents, 0n);
