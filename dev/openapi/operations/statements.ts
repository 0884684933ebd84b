import * as z from 'zod';
import { FINDINGS, STATEMENT_STATES } from '#mpesa/reconcile/reconcile.schema.ts';
import { actor, count, id, shillings, time, totals } from '../fields.ts';
import { operation, type Part } from '../operation.ts';

const state = z.enum(STATEMENT_STATES);
const direction = z.enum(['in', 'out']);

const statement = {
  statementId: id,
  state,
  fileName: z.string(),
  shortcode: z.string().nullable(),
  account: z.string().nullable(),
  covers: z.strictObject({ from: time, to: time }).nullable(),
  progress: z.strictObject({ parts: count, received: count, lines: count, done: count }),
  refused: z.strictObject({ code: z.string(), why: z.string().nullable() }).nullable(),
  problemCount: count,
  unbroken: z.boolean(),
  whole: z.boolean(),
  refutes: z.boolean().nullable(),
  uploadedBy: actor,
  uploadedAt: time,
  decidedBy: actor.nullable(),
  decidedAt: time.nullable(),
  finishedAt: time.nullable(),
  withdrawnBy: actor.nullable(),
  withdrawnAt: time.nullable(),
  withdrawnWhy: z.string().nullable(),
};

const StatementLine = z
  .strictObject({
    n: count,
    lineNumber: count,
    receipt: z.string(),
    completedAt: time,
    direction,
    amount: shillings,
    kind: z.string(),
    finding: z.enum(FINDINGS).nullable(),
    movementId: id.nullable(),
    verdict: z.string().nullable(),
    linkedReceipt: z.string().nullable(),
    details: z.string().nullable(),
    typedReference: z.string().nullable(),
    payerName: z.string().nullable(),
  })
  .meta({ id: 'StatementLine' });

const MissingMovement = z
  .strictObject({ movementId: id, receipt: z.string().nullable(), direction, amount: shillings, movedAt: time, proved: z.boolean() })
  .meta({ id: 'MissingMovement', description: 'A movement of ours that the statement should contain and does not.' });

const shown = {
  ...statement,
  problems: z.array(
    z.strictObject({ lineNumber: count.optional(), column: z.string().optional(), text: z.string().optional(), problem: z.string() }),
  ),
  findings: z.array(z.strictObject({ finding: z.string(), direction: z.string(), count, amount: shillings })),
  nextAfter: z.string().nullable(),
  ...totals,
};

const ShownStatement = z
  .union([
    z.strictObject({ ...shown, lines: z.array(StatementLine) }),
    z.strictObject({ ...shown, movements: z.array(MissingMovement) }).describe('With `finding=missing_there`.'),
  ])
  .meta({ id: 'ShownStatement' });

const Received = z
  .strictObject({ statementId: id, state: z.string(), parts: count, received: z.array(count), partBytes: count })
  .meta({ id: 'StatementReceived', description: 'Which parts are here, and how large a part may be.' });

const Decided = z.strictObject({ statementId: id, state: z.string() }).meta({ id: 'StatementDecided' });

export const statements: Part = {
  tag: 'Statements of M-PESA',
  about: 'Exports of the M-PESA portal, compared with the books and signed off by a second person.',
  operations: {
    uploadStatement: operation(() => import('../../../netlify/functions/upload-statement.ts'), {
      summary: 'Send an export of the portal',
      description:
        'The file itself (`.xls`, `.xlsx`, `.csv`) as the body, at most 4 MB a request: a larger file in `parts`. It is compared with the books, and books nothing.',
      answer: Received,
      problems: ['statement_known'],
    }),
    addStatementPart: operation(() => import('../../../netlify/functions/add-statement-part.ts'), {
      summary: 'Send a further part of a file',
      answer: Received,
      problems: ['part_differs', 'statement_not_found'],
    }),
    listStatements: operation(() => import('../../../netlify/functions/list-statements.ts'), {
      summary: 'List statements',
      description: 'With how far each has come.',
      answer: z
        .strictObject({ statements: z.array(z.strictObject(statement).meta({ id: 'Statement' })), nextBefore: id.nullable(), ...totals })
        .meta({ id: 'StatementPage' }),
    }),
    readMpesaStatement: operation(() => import('../../../netlify/functions/read-mpesa-statement.ts'), {
      summary: 'Read how a statement compares with the books',
      description: 'Its problems, its findings counted, and a page of its lines: those with a `finding`, after the line `after`.',
      answer: ShownStatement,
      problems: ['statement_not_found'],
    }),
    signStatement: operation(() => import('../../../netlify/functions/sign-statement.ts'), {
      summary: 'Sign a statement off',
      description:
        'By another person than the one who sent it. From then on it proves what it contains, books what was not reported before, charges, sweeps and top-ups, and refutes told money that it should contain.',
      answer: Decided,
      problems: [
        ...(['second_person_needed', 'statement_does_not_join', 'statement_not_found', 'statement_not_waiting'] as const),
        ...(['statement_not_whole', 'statement_of_other_shortcode'] as const),
      ],
    }),
    discardStatement: operation(() => import('../../../netlify/functions/discard-statement.ts'), {
      summary: 'Discard a statement',
      description: 'Before it is signed off.',
      answer: Decided,
      problems: ['statement_not_found', 'statement_not_waiting'],
    }),
    withdrawStatement: operation(() => import('../../../netlify/functions/withdraw-statement.ts'), {
      summary: 'Withdraw a statement that was signed by mistake',
      description:
        'By another person than who signed it, once it is `done`. From then on it joins, proves, refutes and covers nothing, so that the right one can be signed. What it booked and proved stays, but what it alone showed as reversed in the portal is undone.',
      answer: Decided,
      problems: ['money_already_moved', 'second_person_needed', 'statement_not_found', 'statement_not_signed'],
    }),
  },
};
