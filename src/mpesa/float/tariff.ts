import type { Day } from '#ground/time/nairobi.ts';

/** A band: its upper end in shillings (included), the whole charge for a payment in it, and our part where we share that with the customer. */
type PaybillBand = readonly [upTo: number, total: number, shared: number];

type Tariff = {
  /** The day in Nairobi from which it holds. */
  from: Day;
  source: string;
  paybill: readonly PaybillBand[];
  /** What we are charged for paying a customer. */
  payout: readonly (readonly [upTo: number, fee: number])[];
  /** What a till is charged for a sale above `freeUpTo` shillings: `perTenThousand` ten-thousandths of it, at most `most` shillings. */
  till: { freeUpTo: number; perTenThousand: number; most: number };
};

/** Latest last. A new tariff is a new entry: what was charged before keeps its price. Compiled from tables of third parties: likely, not official. */
const TARIFFS: readonly Tariff[] = [
  {
    from: '2023-07-01',
    source:
      'convertksh.xyz "2025"; money.ke and businessradar 2024; Safaricom bulk payment tariff form; tills: techweez 2022 with the excise of 2023',
    paybill: [
      [100, 0, 0],
      [500, 5, 0],
      [1_000, 10, 0],
      [1_500, 15, 5],
      [2_500, 20, 7],
      [3_500, 25, 9],
      [5_000, 34, 18],
      [7_500, 42, 25],
      [10_000, 48, 30],
      [15_000, 57, 39],
      [20_000, 62, 43],
      [25_000, 67, 47],
      [30_000, 72, 52],
      [35_000, 83, 62],
      [40_000, 99, 76],
      [45_000, 103, 80],
      [250_000, 108, 84],
    ],
    payout: [
      [100, 0],
      [1_500, 5],
      [5_000, 9],
      [20_000, 11],
      [250_000, 13],
    ],
    till: { freeUpTo: 200, perTenThousand: 55, most: 200 },
  },
];

/** Who bears what M-PESA charges for a payment to a paybill. */
export type PaybillPayer = 'customer' | 'shared' | 'business';

/** What M-PESA is expected to take from us for one movement, in cents, by the tariff of its day. A till's charge is always ours. */
export function expectedCharge(moved: { kind: 'payout' | 'paybill' | 'till'; amountCents: bigint; on: Day; payer: PaybillPayer }): bigint {
  const tariff = TARIFFS.findLast(({ from }) => from <= moved.on);
  if (!tariff) return 0n;
  if (moved.kind === 'till') return tillCharge(tariff.till, moved.amountCents);
  if (moved.kind === 'payout') return inCents(bandOf(tariff.payout, moved.amountCents)[1]);
  const [, total, shared] = bandOf(tariff.paybill, moved.amountCents);
  return inCents({ customer: 0, shared, business: total }[moved.payer]);
}

/** Rounded to the nearest cent. */
function tillCharge({ freeUpTo, perTenThousand, most }: Tariff['till'], amountCents: bigint): bigint {
  if (amountCents <= inCents(freeUpTo)) return 0n;
  const charge = (amountCents * BigInt(perTenThousand) + 5_000n) / 10_000n;
  return charge < inCents(most) ? charge : inCents(most);
}

const inCents = (wholeShillings: number): bigint => BigInt(wholeShillings) * 100n;

function bandOf<Band extends readonly [number, ...number[]]>(bands: readonly Band[], amountCents: bigint): Band {
  const band = bands.find(([upTo]) => amountCents <= inCents(upTo)) ?? bands.at(-1);
  if (!band) throw new Error('A tariff has at least one band.');
  return band;
}
