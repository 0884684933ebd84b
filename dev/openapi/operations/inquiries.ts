import * as z from 'zod';
import { INQUIRY_STATES } from '#mpesa/inquiries/inquiries.schema.ts';
import { actor, count, id, shillings, time, totals } from '../fields.ts';
import { operation, type Part } from '../operation.ts';

const state = z.enum(INQUIRY_STATES);

const Inquiry = z.strictObject({ inquiryId: id, state: z.literal('asked') }).meta({ id: 'InquiryAsked' });

const AccountBalance = z
  .strictObject({
    shortcode: z.string(),
    account: z.string(),
    currency: z.string(),
    current: shillings,
    available: shillings,
    reserved: shillings.nullable(),
    uncleared: shillings.nullable(),
    toldAt: time,
  })
  .meta({ id: 'AccountBalance' });

const Balances = z
  .strictObject({
    accounts: z.array(AccountBalance),
    lastAsked: z
      .strictObject({
        inquiryId: id,
        state,
        askedAt: time,
        resultCode: z.string().nullable(),
        refusal: z.string().nullable(),
        reason: z.string().optional(),
        explanation: z.string().optional(),
      })
      .nullable(),
    history: z.array(
      z.strictObject({
        inquiryId: id,
        shortcode: z.string(),
        toldAt: time,
        comparison: z.strictObject({ safaricom: shillings, ledger: shillings, difference: shillings }),
        accounts: z.array(AccountBalance),
      }),
    ),
    nextBefore: id.nullable(),
    ...totals,
  })
  .meta({ id: 'Balances' });

const Party = z
  .strictObject({ name: z.string(), shortcode: z.string().optional(), maskedPhone: z.string().optional() })
  .meta({ id: 'Party' });

const TransactionStatus = z
  .strictObject({
    inquiryId: id,
    state,
    askedBy: actor,
    askedAt: time,
    receipt: z.string().nullable(),
    originatorConversationId: z.string().nullable(),
    refusal: z.string().nullable(),
    quarantinedAnswers: count,
    answer: z
      .strictObject({
        answeredAt: time,
        outcome: z.enum(['completed', 'reversed', 'failed', 'pending', 'unclear']),
        status: z.string().nullable(),
        mpesaReceiptNumber: z.string().nullable(),
        amount: shillings.nullable(),
        debitParty: Party.nullable(),
        creditParty: Party.nullable(),
        reasonType: z.string().nullable(),
        finalisedAt: time.nullable(),
        resultCode: z.string().nullable(),
        reason: z.string().optional(),
        explanation: z.string().optional(),
        related: z.array(
          z.strictObject({
            what: z.enum(['booked', 'payout', 'unresolved', 'quarantined', 'without_receipt']),
            subject: z.string(),
            reference: z.string().nullable(),
            status: z.string().nullable(),
            amountAgrees: z.boolean(),
          }),
        ),
        advice: z.array(z.string()),
      })
      .nullable(),
  })
  .meta({ id: 'TransactionStatus' });

export const inquiries: Part = {
  tag: 'Asking Safaricom',
  about: 'Questions whose answers come later: ask, then read.',
  operations: {
    askTransactionStatus: operation(() => import('../../../netlify/functions/ask-transaction-status.ts'), {
      summary: 'Ask what became of a transaction',
      answer: Inquiry,
      problems: ['initiator_not_configured', 'provider_refused', 'provider_unavailable'],
    }),
    readTransactionStatus: operation(() => import('../../../netlify/functions/read-transaction-status.ts'), {
      summary: 'Read what became of a transaction',
      description: "Safaricom's answer, what it has to do with in our books, and what can be done about it.",
      answer: TransactionStatus,
      problems: ['inquiry_not_found'],
    }),
    askAccountBalance: operation(() => import('../../../netlify/functions/ask-account-balance.ts'), {
      summary: "Ask for the paybill's balances",
      answer: Inquiry,
      problems: ['initiator_not_configured', 'provider_refused', 'provider_unavailable'],
    }),
    readAccountBalance: operation(() => import('../../../netlify/functions/read-account-balance.ts'), {
      summary: "Read the paybill's balances",
      description: 'The last known balances of each of our own short codes, and their history with how it compares with the books.',
      answer: Balances,
    }),
  },
};
