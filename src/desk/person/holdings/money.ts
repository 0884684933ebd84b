import { sql } from 'drizzle-orm';
import { blanked, emptied, type Holding, insideText, later, phone, phoneHash, removed, texts, uuids } from '../holding.ts';

const OWN_REFERENCE = 'the shop’s own reference of its order: it keeps a repeated request from being paid twice';
const REASON = 'a line in which phones and e-mails were masked when it was written; it explains an entry of the books';
const WHO_DECIDED = 'who of the staff did it: the trail of the books';

/** What is paid to us and given back: `mpesa`, and what a shop sells. */
export const MONEY: readonly Holding[] = [
  {
    table: 'payments',
    title: 'payments',
    held: ({ ids, phoneHashes }) =>
      sql`(t.phone_hash = ${texts(phoneHashes)} or t.id in (select d.payment_id from deposits d where d.id = ${uuids(ids.deposits)}))`,
    theirs: ({ phoneHashes }) => sql`t.phone_hash = ${texts(phoneHashes)}`,
    forgets: {
      ...{ phone, phone_hash: phoneHash, email: emptied, email_hash: emptied, name: emptied },
      ...{ metadata: emptied, metadata_sealed: emptied, caller: insideText },
    },
    keeps: {
      lines: 'what was sold, for how much: tax law',
      external_reference: OWN_REFERENCE,
      subject: 'the loan, account or order that it pays',
    },
  },
  {
    table: 'attempts',
    title: 'prompts',
    held: ({ ids }) => sql`t.id = ${uuids(ids.attempts)}`,
    theirs: ({ ids }) => sql`t.id = ${uuids(ids.ownAttempts)}`,
    forgets: { phone_hash: phoneHash, phone_tail: blanked, checkout_request_id: emptied },
    keeps: { checkout_hash: 'so that a callback that Safaricom repeats is recognised' },
  },
  {
    table: 'deposits',
    title: 'moneyReceived',
    held: ({ ids }) => sql`t.id = ${uuids(ids.deposits)}`,
    theirs: ({ ids }) => sql`t.id = ${uuids(ids.ownDeposits)}`,
    forgets: { typed_reference: emptied, payer_name: emptied, payer_phone: emptied, payer_hash: phoneHash, payer_tail: emptied },
    keeps: { standing: 'the account or loan that it paid' },
  },
  {
    table: 'matches',
    title: 'moneyMatchedByHand',
    held: ({ ids }) => sql`(t.deposit_id = ${uuids(ids.deposits)} or t.payment_id = ${uuids(ids.payments)})`,
    forgets: {},
    keeps: { standing_reference: 'the account or loan that it paid' },
  },
  { table: 'unmatches', title: 'matchesUndone', held: ({ ids }) => sql`t.deposit_id = ${uuids(ids.deposits)}`, forgets: {} },
  {
    table: 'recorded_receipts',
    title: 'receiptsRecordedByHand',
    held: ({ ids }) => sql`t.id = ${uuids(ids.recorded)}`,
    forgets: { typed_reference: emptied, payer_phone: emptied, payer_name: emptied },
    keeps: { reason: REASON, decision_note: REASON, body_hash: 'what says that the evidence of it is the one that was recorded' },
  },
  {
    table: 'inquiries',
    title: 'questionsToSafaricom',
    held: ({ ids }) => sql`t.id = ${uuids(ids.inquiries)}`,
    forgets: { debit_party: emptied, credit_party: emptied },
  },
  {
    table: 'payouts',
    title: 'payouts',
    held: ({ ids }) => sql`t.id = ${uuids(ids.payouts)}`,
    theirs: ({ ids }) => sql`t.id = ${uuids(ids.ownPayouts)}`,
    forgets: { phone, phone_hash: phoneHash, phone_tail: emptied, reason_sealed: later('null') },
    keeps: {
      subject: 'the loan, deposit or booking that it is for',
      reason: 'words in clear of early releases, which `npm run seal` encrypts',
      caller: WHO_DECIDED,
      external_reference: OWN_REFERENCE,
    },
  },
  {
    table: 'withdrawals',
    title: 'partsOfPayouts',
    held: ({ ids }) => sql`t.id = ${uuids(ids.withdrawals)}`,
    forgets: {},
  },
  {
    table: 'bulk_lines',
    title: 'linesOfBulkPayouts',
    held: ({ ids, phoneHashes }) => sql`(t.phone_hash = ${texts(phoneHashes)} or t.payout_id = ${uuids(ids.payouts)})`,
    theirs: ({ phoneHashes }) => sql`t.phone_hash = ${texts(phoneHashes)}`,
    forgets: { phone, phone_hash: phoneHash, name: emptied },
    keeps: { own_reference: OWN_REFERENCE },
  },
  {
    table: 'statement_lines',
    title: 'linesOfStatements',
    held: ({ phoneHashes, receipts }) => sql`(t.payer_hash = ${texts(phoneHashes)} or t.receipt = ${texts(receipts)})`,
    theirs: ({ phoneHashes }) => sql`(t.payer_hash is null or t.payer_hash = ${texts(phoneHashes)})`,
    forgets: {
      ...{ details: emptied, typed_reference: emptied, payer_name: emptied },
      ...{ payer_phone: emptied, payer_hash: phoneHash, payer_tail: emptied },
    },
    keeps: {
      reference: 'the reference of a payment of ours',
      standing: 'the account or loan that it paid',
      own_party: 'a short code of ours',
    },
  },
  {
    table: 'float_entries',
    title: 'entriesByHand',
    held: ({ ids }) =>
      sql`(t.deposit_id = ${uuids(ids.deposits)} or t.payment_id = ${uuids(ids.payments)} or t.loan_id = ${uuids(ids.loans)} or t.booking_id = ${uuids(ids.bookings)})`,
    forgets: { note: later('null'), decision_note: later('null') },
  },
  {
    table: 'bookings',
    title: 'bookings',
    held: ({ ids }) => sql`t.id = ${uuids(ids.bookings)}`,
    theirs: ({ phoneHashes }) => sql`t.provider_phone_hash = ${texts(phoneHashes)}`,
    forgets: { provider_phone: phone, provider_phone_hash: phoneHash },
  },
  {
    table: 'invoices',
    title: 'invoices',
    held: ({ ids }) => sql`t.id = ${uuids(ids.invoices)}`,
    forgets: {},
    keeps: {
      reason: 'why a sale was credited: a part of the credit note',
      lines: 'what was sold: tax law',
      vat: 'tax law',
      control_unit: 'tax law',
    },
  },
  {
    table: 'evidence',
    title: 'whatSafaricomReported',
    held: ({ ids }) =>
      sql`(t.subject_id = ${uuids([...ids.attempts, ...ids.deposits, ...ids.withdrawals, ...ids.inquiries, ...ids.recorded])} or t.id = ${uuids(ids.unplaced)})`,
    theirs: ({ ids }) => sql`
      (t.subject_id = ${uuids([...ids.ownAttempts, ...ids.ownDeposits, ...ids.ownWithdrawals, ...ids.inquiries, ...ids.recorded])} or t.id = ${uuids(ids.unplaced)})`,
    forgets: { body: { becomes: 'words', when: 'of age' } },
    keeps: { body_hash: 'so that words that Safaricom repeats are recognised' },
    agesFrom: sql`t.received_at`,
  },
  {
    table: 'task_notes',
    title: 'notesOnTasks',
    held: ({ ids }) => sql`t.review_id = ${uuids(ids.reviews)}`,
    forgets: { note: removed },
  },
];
