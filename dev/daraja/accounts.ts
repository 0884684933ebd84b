import type { Network } from './network.ts';
import type { Accounts } from './state.ts';

/** Whether this short code or till is the merchant's. */
export const isMerchants = ({ merchant }: Network, shortcode: string): boolean =>
  shortcode === merchant.shortcode || shortcode === merchant.b2cShortcode || shortcode === merchant.tillNumber;

/** The accounts of a short code; a till's money is with the short code that collects. */
export function accountsOf(network: Network, shortcode: string): Accounts {
  const { merchant, state } = network;
  const owner = shortcode === merchant.tillNumber ? merchant.shortcode : shortcode;
  const paysOnly = owner === merchant.b2cShortcode && owner !== merchant.shortcode;
  state.accounts[owner] ??= {
    workingShillings: 0,
    utilityShillings: paysOnly ? merchant.b2cFloatShillings : 0,
    chargesShillings: 0,
  };
  return state.accounts[owner];
}

/** "Working Account|KES|700.00|700.00|0.00|0.00&...": name, currency, current, available, reserved, uncleared. */
export function accountsText(accounts: Accounts): string {
  const { workingShillings, utilityShillings, chargesShillings } = accounts;
  return [
    accountText('Working Account', workingShillings),
    accountText('Utility Account', utilityShillings),
    accountText('Charges Paid Account', chargesShillings),
    accountText('Organization Settlement Account', 0),
  ].join('&');
}

/** One account as balance and reversal results write it. */
export const accountText = (name: string, shillings: number): string => `${name}|KES|${shillings}.00|${shillings}.00|0.00|0.00`;
