import { isTill } from './accounts.ts';
import { nairobiDay } from './nairobi-time.ts';
import type { Network } from './network.ts';
import type { Transaction } from './state.ts';
import { type Tariff, tariffs } from './tariffs.ts';

/** What a movement costs, in shillings with two decimals. */
export type Charges = { customerShillings: number; businessShillings: number };
const NONE: Charges = { customerShillings: 0, businessShillings: 0 };

/**
 * What a movement costs by the tariff of its day, where fees are switched on. What organisation transfers, reversals, top-ups and
 * sweeps cost is not known: nothing.
 */
export function chargesOf(network: Network, moved: Pick<Transaction, 'kind' | 'amountShillings' | 'till'>): Charges {
  const { fees } = network.arranged.switches;
  const today = nairobiDay(network.clock.now());
  const tariff = fees === 'tariff' ? tariffs.findLast(({ from }) => from <= today) : undefined;
  if (!tariff) return NONE;
  if (moved.kind === 'b2c') return { ...NONE, businessShillings: bandOf(tariff.payout, moved.amountShillings)?.[1] ?? 0 };
  if (moved.kind !== 'stk' && moved.kind !== 'c2b') return NONE;
  return moved.till === null ? paybillCharges(network, tariff, moved.amountShillings) : tillCharges(tariff, moved.amountShillings);
}

/** M-PESA's charge, beside the amount, to a customer who pays to this number of ours. */
export const customerChargeOf = (network: Network, number: string, amountShillings: number): number =>
  chargesOf(network, { kind: 'c2b', amountShillings, till: isTill(network, number) ? number : null }).customerShillings;

function paybillCharges({ arranged }: Network, { paybill }: Tariff, amountShillings: number): Charges {
  const [, total = 0, customer = 0, business = 0] = bandOf(paybill, amountShillings) ?? [];
  const { paybillPayer } = arranged.switches;
  if (paybillPayer === 'shared') return { customerShillings: customer, businessShillings: business };
  return paybillPayer === 'customer' ? { ...NONE, customerShillings: total } : { ...NONE, businessShillings: total };
}

function tillCharges({ till }: Tariff, amountShillings: number): Charges {
  if (amountShillings <= till.freeUpTo) return NONE;
  return { ...NONE, businessShillings: Math.min(Math.round((amountShillings * till.perTenThousand) / 100) / 100, till.most) };
}

const bandOf = <Band extends readonly [number, ...number[]]>(bands: readonly Band[], amountShillings: number): Band | undefined =>
  bands.find(([upTo]) => amountShillings <= upTo) ?? bands.at(-1);
