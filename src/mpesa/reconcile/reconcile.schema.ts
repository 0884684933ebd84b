import { sql } from 'drizzle-orm';
import { boolean, check, index, integer, pgTable, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { at, cents, encrypted, id, oneOf } from '#ground/db/columns.ts';

/**
 * How far an imported statement has come. `receiving`: parts of its file are missing. `waiting`, `reading`, `matching`: the job works on it. `matched`: it waits for a second
 * person. `signed`: what it proves is being booked. `refused` and `discarded` book nothing. `withdrawn`: it was signed by mistake, and says nothing any more.
 */
export const STATEMENT_STATES = [
  'receiving',
  'waiting',
  'reading',
  'matching',
  'matched',
  'signed',
  'done',
  'refused',
  'discarded',
  'withdrawn',
] as const;

/**
 * What comparing a line with our books found. `names`: it gives a success without a receipt its receipt. `unresolved`: it may be a payout of ours whose end is not
 * known yet. `reversed`: somebody reversed a payment in the portal. `top_up`, `charge`, `sweep`: the organisation's own money, which the line books. `internal`:
 * also its own money, but our books leave it where it is.
 */
export const FINDINGS = [
  'agrees',
  'names',
  'unresolved',
  'missing_here',
  'amount_differs',
  'duplicate',
  'reversed',
  'charge',
  'sweep',
  'top_up',
  'internal',
] as const;

/** An export of the M-PESA portal that somebody imported: what it says of itself, and how far it has come. */
export const statements = pgTable(
  'statements',
  {
    id: id(),
    state: text('state', { enum: STATEMENT_STATES }).notNull(),
    fileName: text('file_name').notNull(),
    parts: integer('parts').notNull(),
    /** SHA-256 of the whole file, once all of it is there. None of a withdrawn one, so that the same file can be imported anew. */
    fileHash: text('file_hash'),
    /** Our short code that it is about, named by a person where the file does not. */
    shortcode: text('shortcode'),
    /** Whether our prompts ask for this short code. */
    prompts: boolean('prompts').notNull().default(false),
    /** Whether our payouts leave from it. */
    paysOut: boolean('pays_out').notNull().default(false),
    /** Account type in lower case, of a statement about one account. */
    account: text('account'),
    layout: text('layout'),
    coversFrom: at('covers_from'),
    coversTo: at('covers_to'),
    /**
     * Where the file does not say when it was exported, the end of the period that it names: it refutes only up to its newest line, but covers the whole period for
     * the task `statement_due`.
     */
    namedTo: at('named_to'),
    openingCents: cents('opening_cents'),
    closingCents: cents('closing_cents'),
    /** Whether the file itself states its opening balance: the first signed statement of an account can refute only then. */
    openingTold: boolean('opening_told').notNull().default(false),
    /** Whether its own figures agree, which shows that no line was changed, added or left out by mistake. Otherwise it proves nothing and cannot be signed. */
    unbroken: boolean('unbroken').notNull().default(false),
    /** Whether it also states its period, so that what it does not contain did not happen in it. */
    whole: boolean('whole').notNull().default(false),
    /** Whether it joined the last signed statement, and so refuted what it does not contain. */
    refutes: boolean('refutes'),
    lineCount: integer('line_count').notNull().default(0),
    /** Lines done in the present state. */
    done: integer('done').notNull().default(0),
    refusedCode: text('refused_code'),
    refusedWhy: encrypted('refused_why'),
    /** What a person should look at, as JSON: the first of them. */
    problems: encrypted('problems'),
    problemCount: integer('problem_count').notNull().default(0),
    uploadedBy: text('uploaded_by').notNull(),
    uploadedAt: at('uploaded_at').notNull(),
    /** Who signed or discarded it. */
    decidedBy: text('decided_by'),
    decidedAt: at('decided_at'),
    finishedAt: at('finished_at'),
    withdrawnBy: text('withdrawn_by'),
    withdrawnAt: at('withdrawn_at'),
    withdrawnWhy: encrypted('withdrawn_why'),
    /** Until when a run has leased it. */
    leasedUntil: at('leased_until'),
  },
  (t) => [
    uniqueIndex('statements_file').on(t.fileHash).where(sql`${t.state} not in ('refused', 'discarded')`),
    index('statements_open').on(t.id).where(sql`${t.state} in ('waiting', 'reading', 'matching', 'signed')`),
    index('statements_signed').on(t.shortcode, t.decidedAt).where(sql`${t.state} in ('signed', 'done')`),
    index('statements_covering').on(t.shortcode, t.coversFrom).where(sql`${t.state} in ('signed', 'done')`),
    oneOf('statements_state', t.state, STATEMENT_STATES),
    check('statements_signed_by_two', sql`${t.state} not in ('signed', 'done') or ${t.decidedBy} <> ${t.uploadedBy}`),
    check('statements_withdrawn_by_two', sql`${t.state} <> 'withdrawn' or ${t.withdrawnBy} <> ${t.decidedBy}`),
  ],
);

/** The original, packed and encrypted, in the parts in which it came. */
export const statementParts = pgTable(
  'statement_parts',
  {
    statementId: uuid('statement_id')
      .notNull()
      .references(() => statements.id),
    part: integer('part').notNull(),
    bytes: integer('bytes').notNull(),
    hash: text('hash').notNull(),
    packed: encrypted('packed').notNull(),
  },
  (t) => [primaryKey({ name: 'statement_parts_pk', columns: [t.statementId, t.part] })],
);

/** The lines of a statement, oldest first. What names a customer is encrypted, as in `deposits`. */
export const statementLines = pgTable(
  'statement_lines',
  {
    statementId: uuid('statement_id')
      .notNull()
      .references(() => statements.id),
    n: integer('n').notNull(),
    /** Row of the sheet or line of the text. */
    lineNumber: integer('line_number').notNull(),
    lineKey: text('line_key').notNull(),
    receipt: text('receipt').notNull(),
    completedAt: at('completed_at').notNull(),
    direction: text('direction', { enum: ['in', 'out'] }).notNull(),
    amountCents: cents('amount_cents').notNull(),
    balanceCents: cents('balance_cents'),
    kind: text('kind').notNull(),
    ordinal: integer('ordinal').notNull(),
    linkedReceipt: text('linked_receipt'),
    /** M-PESA's words, for lines that are no payment to us. */
    details: encrypted('details'),
    reference: text('reference'),
    standing: text('standing'),
    typedReference: encrypted('typed_reference'),
    /** The other short code of ours whose float the line moved too. */
    ownParty: text('own_party'),
    payerName: encrypted('payer_name'),
    payerPhone: encrypted('payer_phone'),
    payerHash: text('payer_hash'),
    payerTail: text('payer_tail'),
    finding: text('finding', { enum: FINDINGS }),
    /** Our deposit or withdrawal that the finding is about. */
    movementId: uuid('movement_id'),
    /** What became of it after the sign-off, where it changed something. */
    verdict: text('verdict'),
  },
  (t) => [
    primaryKey({ name: 'statement_lines_pk', columns: [t.statementId, t.n] }),
    index('statement_lines_movement').on(t.statementId, t.movementId).where(sql`${t.movementId} is not null`),
    index('statement_lines_receipt').on(t.receipt),
    index('statement_lines_finding').on(t.statementId, t.finding, t.n).where(sql`${t.finding} not in ('agrees', 'charge')`),
  ],
);

/** Movements of ours that a whole statement of their time does not contain. */
export const statementAbsences = pgTable(
  'statement_absences',
  {
    statementId: uuid('statement_id')
      .notNull()
      .references(() => statements.id),
    movementId: uuid('movement_id').notNull(),
    direction: text('direction', { enum: ['in', 'out'] }).notNull(),
    receipt: text('receipt'),
    amountCents: cents('amount_cents').notNull(),
    movedAt: at('moved_at').notNull(),
    /** Whether it was proved when the statement was compared. What was only told is refuted by the sign-off. */
    proved: boolean('proved').notNull(),
  },
  (t) => [primaryKey({ name: 'statement_absences_pk', columns: [t.statementId, t.movementId] })],
);
