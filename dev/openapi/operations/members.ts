import * as z from 'zod';
import { LANGUAGES } from '#ground/text/language.ts';
import { day, id, shillings, time, totals } from '../fields.ts';
import { operation, type Part } from '../operation.ts';

const profile = {
  memberId: id,
  number: z.string(),
  name: z.string(),
  nationalId: z.string(),
  maskedPhone: z.string(),
  bornOn: day,
  kraPin: z.string().nullable(),
  email: z.string().nullable(),
  address: z.string().nullable(),
  nextOfKin: z.strictObject({ name: z.string(), phone: z.string(), relationship: z.string() }).nullable(),
  language: z.enum(LANGUAGES),
  optOut: z.strictObject({ sms: z.boolean(), email: z.boolean() }),
  joinedAt: time,
  accounts: z.array(
    z.strictObject({
      accountId: id,
      kind: z.string(),
      reference: z.string(),
      balance: shillings,
      told: shillings,
      available: shillings,
    }),
  ),
  loans: z.array(z.strictObject({ loanId: id, reference: z.string(), state: z.string(), outstanding: shillings })),
};

const Member = z
  .union([
    z.strictObject(profile),
    z
      .strictObject({ ...profile, phoneNumber: z.string() })
      .describe('To whoever may read members: with the whole phone number and national id.'),
  ])
  .meta({ id: 'Member' });

const ListedMember = z
  .strictObject({ memberId: id, number: z.string(), name: z.string(), maskedPhone: z.string(), joinedAt: time, disabled: z.boolean() })
  .meta({ id: 'ListedMember' });

const AccountStatement = z
  .strictObject({
    accountId: id,
    reference: z.string(),
    kind: z.string(),
    from: day,
    to: day,
    openingBalance: shillings,
    closingBalance: shillings,
    toldBalance: shillings,
    movements: z.array(
      z.strictObject({
        date: day,
        bookedAt: time,
        paidOn: day.nullable(),
        kind: z.string(),
        description: z.string(),
        mpesaReceiptNumber: z.string().nullable(),
        proved: z.boolean(),
        in: shillings.nullable(),
        out: shillings.nullable(),
        balance: shillings,
      }),
    ),
    nextCursor: z.string().nullable(),
    ...totals,
  })
  .meta({ id: 'AccountStatement' });

export const members: Part = {
  tag: 'Members and savings',
  about: 'Who has joined, and what they have saved.',
  operations: {
    registerMember: operation(() => import('../../../netlify/functions/register-member.ts'), {
      summary: 'Join as a member',
      description: 'Whoever is signed in becomes a member, with a savings account whose `reference` takes money.',
      answer: z
        .strictObject({ memberId: id, number: z.string(), savings: z.strictObject({ accountId: id, reference: z.string() }) })
        .meta({ id: 'MemberRegistered' }),
      problems: ['already_a_member', 'national_id_used', 'phone_not_yours', 'under_age'],
      takesKey: true,
    }),
    listMembers: operation(() => import('../../../netlify/functions/list-members.ts'), {
      summary: 'List members',
      description: 'Or find one by `number`, `phoneNumber` or `nationalId`.',
      answer: z.strictObject({ members: z.array(ListedMember), nextBefore: z.string().nullable(), ...totals }).meta({ id: 'MemberPage' }),
    }),
    readMember: operation(() => import('../../../netlify/functions/read-member.ts'), {
      summary: 'Read a member',
      description:
        '`me`, or an id: reading others is put on record. Accounts show their balance, how much of it is only told, and how much is available.',
      answer: Member,
      problems: ['member_not_found'],
    }),
    changeMember: operation(() => import('../../../netlify/functions/change-member.ts'), {
      summary: 'Change what a member may change of themselves',
      description: '`optOut` is of notices and reminders, not of codes.',
      answer: Member,
      problems: ['member_not_found'],
    }),
    readAccountStatement: operation(() => import('../../../netlify/functions/read-account-statement.ts'), {
      summary: 'Read what moved on an account',
      description:
        "Each movement with its M-PESA code, M-PESA's day (`paidOn`), the balance after it and whether it is `proved`; `toldBalance` is what only a notice has reported.",
      answer: AccountStatement,
      problems: ['account_not_found'],
    }),
  },
};
