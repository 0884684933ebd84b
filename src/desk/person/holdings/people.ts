import { sql } from 'drizzle-orm';
import { allIds, emptied, type Holding, idHash, later, phone, phoneHash, texts, uuids } from '../holding.ts';
import { aboutSql } from '../silence-person.ts';

/** Who they are to us, their membership, how they signed in, and what they were told. */
export const PEOPLE: readonly Holding[] = [
  {
    table: 'people',
    title: 'person',
    held: ({ personId }) => sql`t.id = ${personId}::uuid`,
    forgets: { phone, phone_hash: phoneHash, email: emptied, email_waits_until: emptied, name: later('words') },
  },
  {
    table: 'members',
    title: 'membership',
    held: ({ memberId }) => sql`t.id = ${memberId}::uuid`,
    forgets: {
      ...{ national_id: later('words'), national_id_hash: idHash, born_on: later('words'), kra_pin: later('null') },
      ...{ address: emptied, next_of_kin: emptied },
    },
  },
  { table: 'member_accounts', title: 'savingsAccounts', held: ({ ids }) => sql`t.id = ${uuids(ids.accounts)}`, forgets: {} },
  {
    table: 'standing_references',
    title: 'referencesToPayBy',
    held: ({ ids }) => sql`t.subject_id = ${uuids([...ids.loans, ...ids.accounts])}`,
    forgets: {},
  },
  {
    table: 'loans',
    title: 'loans',
    held: ({ ids }) => sql`t.id = ${uuids(ids.loans)}`,
    forgets: { reason: later('null'), decision_note: later('null') },
  },
  { table: 'instalments', title: 'loanSchedules', held: ({ ids }) => sql`t.loan_id = ${uuids(ids.loans)}`, forgets: {} },
  { table: 'penalties', title: 'penalties', held: ({ ids }) => sql`t.loan_id = ${uuids(ids.loans)}`, forgets: {} },
  {
    table: 'repayments',
    title: 'repayments',
    held: ({ ids }) => sql`t.id = ${uuids(ids.repayments)}`,
    forgets: { reversal_note: later('null') },
  },
  { table: 'waivers', title: 'waivers', held: ({ ids }) => sql`t.id = ${uuids(ids.waivers)}`, forgets: { reason: later('words') } },
  {
    table: 'transfers',
    title: 'savingsMovements',
    held: ({ ids }) => {
      const accounts = texts(ids.accounts.map((id) => `savings:${id}`));
      return sql`(t.debit_account = ${accounts} or t.credit_account = ${accounts})`;
    },
    forgets: {},
  },
  { table: 'digests', title: 'digestsSent', held: ({ memberId }) => sql`t.member_id = ${memberId}::uuid`, forgets: 'row' },
  {
    table: 'outbox',
    title: 'messages',
    held: (found) => aboutSql(found, sql`t`),
    forgets: {},
    keeps: {
      message: 'ids alone: what a message says is read when it is sent',
      last_error: 'without what looks like a phone or an e-mail',
    },
  },
  { table: 'sessions', title: 'sessions', held: ({ phoneHashes }) => sql`t.phone_hash = ${texts(phoneHashes)}`, forgets: 'row' },
  { table: 'codes_sent', title: 'signInCodes', held: ({ phoneHashes }) => sql`t.phone_hash = ${texts(phoneHashes)}`, forgets: 'row' },
  {
    table: 'sign_in_codes',
    title: 'signInCodesOfEarlierReleases',
    held: ({ phoneHashes }) => sql`t.phone_hash = ${texts(phoneHashes)}`,
    forgets: 'row',
  },
  {
    table: 'opt_outs',
    title: 'messagesStopped',
    held: ({ phoneHashes, emailHashes }) => sql`t.address_hash = ${texts([...phoneHashes, ...emailHashes])}`,
    forgets: 'row',
  },
  {
    table: 'unreachable',
    title: 'addressesThatRefused',
    held: ({ phoneHashes, emailHashes }) => sql`t.address_hash = ${texts([...phoneHashes, ...emailHashes])}`,
    forgets: 'row',
  },
  {
    table: 'recent_times',
    title: 'recentRequests',
    held: ({ phoneHashes, emailHashes }) =>
      sql`exists (select from unnest(${sql.param([...phoneHashes, ...emailHashes])}::text[]) h where position(h in t.key) > 0)`,
    forgets: 'row',
  },
  {
    table: 'counters',
    title: 'requestsOfADay',
    held: ({ phoneHashes, emailHashes }) =>
      sql`exists (select from unnest(${sql.param([...phoneHashes, ...emailHashes])}::text[]) h where position(h in t.key) > 0)`,
    forgets: 'row',
  },
  {
    table: 'idempotency_keys',
    title: 'answersToRepeatedRequests',
    held: (found) => {
      const ids = uuids([...found.ids.payments, ...found.ids.payouts, ...found.ids.loans, ...found.ids.bookings]);
      const mine = [...found.phoneHashes.map((hash) => `phone:${hash}`), ...(found.personId === null ? [] : [`person:${found.personId}`])];
      return sql`(t.payment_id = ${ids} or t.subject_id = ${ids} or exists (select from unnest(${sql.param(mine)}::text[]) h where position(h in t.scope) > 0))`;
    },
    forgets: 'row',
  },
  {
    table: 'reviews',
    title: 'tasks',
    held: ({ ids }) => sql`t.id = ${uuids(ids.reviews)}`,
    forgets: {},
    keeps: { subject: 'an id', words: 'words of the system, without names', note: 'why the system closed it' },
  },
  {
    table: 'audit',
    title: 'auditTrail',
    held: (found) => sql`
      (t.subject = ${texts(allIds(found))} or t.actor = ${texts([...found.phoneHashes.map((hash) => `phone:${hash}`), ...(found.personId === null ? [] : [`person:${found.personId}`])])})`,
    forgets: {},
    keeps: {
      before: 'ids, states and amounts',
      after: 'ids, states and amounts',
      subject: 'an id, or the hash of a phone: never changed',
      actor: 'likewise',
    },
  },
  {
    table: 'webhook_events',
    title: 'eventsToldToTheShop',
    held: (found) => sql`t.subject_id = ${uuids(allIds(found).filter((id) => UUID.test(id)))}`,
    forgets: {},
    keeps: { type: 'what happened, as a word' },
  },
  {
    table: 'webhook_deliveries',
    title: 'whatTheShopAnswered',
    held: (found) =>
      sql`exists (select from webhook_events e where e.id = t.event_id and e.subject_id = ${uuids(allIds(found).filter((id) => UUID.test(id)))})`,
    forgets: { answer: emptied },
    keeps: { error: 'why the connection failed' },
  },
  {
    table: 'api_keys',
    title: 'keysMade',
    held: ({ personId }) => sql`t.created_by = ${`person:${personId}`}`,
    forgets: {},
    keeps: { name: 'what the key is for', secret_hash: 'the hash of a secret that is nobody’s data' },
  },
  {
    table: 'anonymisations',
    title: 'anonymisations',
    held: ({ handle, personId }) => sql`(t.subject = ${handle} or t.person_id = ${personId}::uuid)`,
    forgets: {},
    keeps: { subject: 'an id', reason: 'why it was done, with phones and e-mails masked' },
  },
];

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
