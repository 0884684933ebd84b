import * as z from 'zod';
import { type ParsedResult, parseResult, readParameter } from './parse-result.ts';
import { readMoment } from './read-moment.ts';
import { balance } from './shapes.ts';

/** One account of a short code; the amounts may be below zero. `account` is its name as Safaricom writes it, like Utility Account. */
export type AccountBalance = {
  account: string;
  currency: string;
  currentCents: bigint;
  availableCents: bigint;
  reservedCents?: bigint;
  unclearedCents?: bigint;
};

/** The accounts of a short code: when `done`, all that Safaricom reported; otherwise those that could be read. */
export type AccountBalanceResult = Omit<ParsedResult, 'parameters' | 'unreadable' | 'transactionId'> & {
  accounts: AccountBalance[];
  completedAt?: Date;
};

const Account = z.tuple([
  z.string().trim().min(1).max(100),
  z.string().regex(/^[A-Z]{3}$/),
  balance,
  balance,
  balance.optional(),
  balance.optional(),
]);

/** Reads the body of a balance result. Never throws: an account that cannot be read makes the whole `unclear`. */
export function parseAccountBalanceResult(body: string): AccountBalanceResult {
  const { parameters, unreadable, transactionId: _, ...envelope } = parseResult(body);
  const source = { parameters, unreadable };
  const text = readParameter(source, 'AccountBalance', z.string());
  const completed = readParameter(source, 'BOCompletedTime', z.string());
  const completedAt = completed.value === undefined ? undefined : readMoment(completed.value);
  const parts = (text.value ?? '').split('&').filter((part) => part.trim() !== '');
  const accounts = parts.map(readAccount).filter((account) => account !== undefined);

  const distinct = new Set(accounts.map(({ account }) => account.toLowerCase()));
  const complete = parts.length > 0 && accounts.length === parts.length && distinct.size === parts.length;
  return {
    ...envelope,
    says: envelope.says === 'done' && !complete ? 'unclear' : envelope.says,
    accounts: distinct.size === accounts.length ? accounts : [],
    ...(completedAt && { completedAt }),
  };
}

/** Name, currency, current, available, reserved, uncleared: the order was found by arithmetic, since the portal's text is garbled. */
function readAccount(text: string): AccountBalance | undefined {
  const read = Account.safeParse(text.split('|')).data;
  if (!read) return undefined;
  const [account, currency, currentCents, availableCents, reservedCents, unclearedCents] = read;
  return {
    account,
    currency,
    currentCents,
    availableCents,
    ...(reservedCents !== undefined && { reservedCents }),
    ...(unclearedCents !== undefined && { unclearedCents }),
  };
}
