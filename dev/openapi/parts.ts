import type { Part } from './operation.ts';
import { access } from './operations/access.ts';
import { bookings } from './operations/bookings.ts';
import { bulkPayouts } from './operations/bulk.ts';
import { callbacks } from './operations/callbacks.ts';
import { clock } from './operations/clock.ts';
import { customerMessages } from './operations/customer-messages.ts';
import { dailyReports } from './operations/daily-reports.ts';
import { deposits } from './operations/deposits.ts';
import { float } from './operations/float.ts';
import { health } from './operations/health.ts';
import { inquiries } from './operations/inquiries.ts';
import { lending } from './operations/lending.ts';
import { letters } from './operations/letters.ts';
import { loans } from './operations/loans.ts';
import { members } from './operations/members.ts';
import { payments } from './operations/payments.ts';
import { payouts } from './operations/payouts.ts';
import { people } from './operations/people.ts';
import { receipts } from './operations/receipts.ts';
import { reports } from './operations/reports.ts';
import { shop } from './operations/shop.ts';
import { statements } from './operations/statements.ts';
import { tasks } from './operations/tasks.ts';
import { timelines } from './operations/timelines.ts';
import { webhooks } from './operations/webhooks.ts';

/** All functions, in the order in which they are shown. */
export const PARTS: readonly Part[] = [
  ...[payments, shop, bookings, customerMessages, deposits, receipts, payouts, bulkPayouts, people, access, members, loans, lending],
  ...[timelines, tasks, letters, webhooks, statements, float, inquiries, dailyReports, reports, health, callbacks, clock],
];

/** The operationId of a function, by the name of its file. */
export const operationIdOf = (name: string): string => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
