import { type SQL, sql } from 'drizzle-orm';

/** Whose data: the hashes by which they are found, and who they are to us. */
export type Subject = {
  /** `member:<id>`, `person:<id>` or `payment:<id>`: what names them without their phone. */
  handle: string;
  phones: string[];
  phoneHashes: string[];
  emails: string[];
  emailHashes: string[];
  personId: string | null;
  memberId: string | null;
};

/** The ids of all that is about a person; what is `own` was paid from their phone, or to it: others may pay for them, and they for others. */
export const THINGS = [
  ...([
    'payments',
    'attempts',
    'deposits',
    'payouts',
    'withdrawals',
    'invoices',
    'bookings',
    'accounts',
    'loans',
    'repayments',
    'waivers',
  ] as const),
  ...(['ownAttempts', 'ownDeposits', 'ownPayouts', 'ownWithdrawals', 'inquiries', 'recorded', 'reviews', 'unplaced'] as const),
] as const;
export type Thing = (typeof THINGS)[number];

/** A person with all that is about them: what the lists of holdings ask by. */
export type Found = Subject & { ids: Record<Thing, string[]>; receipts: string[] };

/**
 * What becomes of a column when its person is anonymised. `null`: emptied. `phone`, `phone hash`: the stand-in and its hash. `id hash`: a hash that is found by nothing.
 * `inside`: the stand-in's hash instead of theirs, inside a text. `words`: words that say that it was removed. `blank`: no characters.
 */
export type Becomes = 'null' | 'phone' | 'phone hash' | 'id hash' | 'inside' | 'words' | 'blank';

/** `at once`; `with the records`: when the years for which the law has them kept are over; `of age`: the same, for each row by itself. */
export type When = 'at once' | 'with the records' | 'of age';

export type Forgets = { becomes: Becomes; when: When };

/** What one table holds of a person. The row is `t`. */
export type Holding = {
  table: string;
  title: string;
  /** Which rows are about them. */
  held: (found: Found) => SQL;
  /** In which of these rows the columns of `forgets` are about them, and not about somebody else; in all, if not said. */
  theirs?: (found: Found) => SQL;
  /** What is removed, by column; `row`: the row goes as a whole. */
  forgets: Record<string, Forgets> | 'row';
  /** What stays though it is encrypted or a hash, or is words in clear, by column: why. */
  keeps?: Record<string, string>;
  /** The moment from which the years of a row of age are counted. */
  agesFrom?: SQL;
};

const now = (becomes: Becomes): Forgets => ({ becomes, when: 'at once' });
export const later = (becomes: Becomes): Forgets => ({ becomes, when: 'with the records' });
export const [emptied, removed, blanked] = [now('null'), now('words'), now('blank')];
export const [phone, phoneHash, idHash, insideText] = [now('phone'), now('phone hash'), now('id hash'), now('inside')];

/** Ids, hashes and codes as parameters. */
export const uuids = (ids: readonly string[]): SQL => sql`any(${sql.param([...ids])}::uuid[])`;
export const texts = (values: readonly string[]): SQL => sql`any(${sql.param([...values])}::text[])`;

/** All ids of a person's things as texts: what audit rows, tasks and messages name them by. */
export const allIds = ({ ids, personId, memberId, phoneHashes, receipts }: Found): string[] => [
  ...THINGS.flatMap((thing) => ids[thing]),
  ...ids.invoices.map((id) => `invoice:${id}`),
  ...[personId, memberId].filter((id) => id !== null),
  ...phoneHashes.map((hash) => `phone:${hash}`),
  ...receipts,
];
