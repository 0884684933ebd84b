import * as z from 'zod';
import type { Part } from '../operation.ts';

/** A job's report: what each step did. */
const Report = z.record(z.string(), z.unknown()).meta({ id: 'Report' });

export const clock: Part = {
  tag: 'Our own calls',
  about:
    'What scheduled functions call to finish what did not fit into their time. What the clock itself calls has no address: `x-scheduled` lists it.',
  operations: {},
  ownFunctions: {
    finishRunsBackground: {
      load: () => import('../../../netlify/functions/finish-runs-background.ts'),
      summary: 'Finish the runs and statements of today',
      description: 'With a token in its address that is good for this alone. The platform answers 202 at once, whoever asks.',
      answer: Report,
    },
    scheduledMinute: {
      load: () => import('../../../netlify/functions/scheduled-minute.ts'),
      summary: 'Allocate, number and send what waits, and resolve what is pending',
      answer: Report,
    },
    scheduledPenalties: {
      load: () => import('../../../netlify/functions/scheduled-penalties.ts'),
      summary: 'Charge the penalties of all loans',
      answer: Report,
    },
    scheduledReminders: {
      load: () => import('../../../netlify/functions/scheduled-reminders.ts'),
      summary: 'Ask for statements that are due, and promise the reminders of today',
      answer: Report,
    },
  },
};
