/** A band: its upper end in shillings, included; its whole charge; and the customer's and the business's part of it, where they share. */
type PaybillBand = readonly [upTo: number, total: number, sharedByCustomer: number, sharedByBusiness: number];

/** What Safaricom charges a business and its customers from a day on. */
export type Tariff = {
  /** yyyy-MM-dd in Nairobi. */
  from: string;
  source: string;
  paybill: readonly PaybillBand[];
  /** What the business is charged for paying a customer. */
  payout: readonly (readonly [upTo: number, fee: number])[];
  /** What the business is charged for a till's sale above `freeUpTo`: so many ten-thousandths of it, `most` shillings at most. */
  till: { freeUpTo: number; perTenThousand: number; most: number };
};

/** Latest last. Compiled from tables of third parties: likely, not official. */
export const tariffs: readonly Tariff[] = [
  {
    from: '2023-07-01',
    source:
      'convertksh.xyz "2025", money.ke and businessradar (2024); Safaricom’s bulk payment form; tills: techweez (2022), excise of 2023',
    paybill: [
      [100, 0, 0, 0],
      [500, 5, 5, 0],
      [1_000, 10, 10, 0],
      [1_500, 15, 10, 5],
      [2_500, 20, 13, 7],
      [3_500, 25, 16, 9],
      [5_000, 34, 16, 18],
      [7_500, 42, 17, 25],
      [10_000, 48, 18, 30],
      [15_000, 57, 18, 39],
      [20_000, 62, 19, 43],
      [25_000, 67, 20, 47],
      [30_000, 72, 20, 52],
      [35_000, 83, 21, 62],
      [40_000, 99, 23, 76],
      [45_000, 103, 23, 80],
      [250_000, 108, 24, 84],
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
