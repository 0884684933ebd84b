import { ACTIONS } from '../actions.ts';
import type { TaskWords } from '../task-words.ts';
import { TASK_TITLES } from '../titles.ts';

const { readWebhook, readDeliveries, readGivenUp, testWebhook, enableWebhook, replayEvent, discardWebhook } = ACTIONS;

type Kind = 'webhook_disabled' | 'webhook_not_taken';

/** What the organisation's own servers do not take. */
export const WEBHOOK_TASKS: Record<Kind, TaskWords> = {
  webhook_disabled: {
    title: TASK_TITLES.webhook_disabled,
    subject: 'webhook',
    happened:
      'For a day every try to tell it of an event has failed, or it answered that it is gone (410). Its endpoint was disabled; what happens meanwhile waits for it.',
    todo: 'Read what it answered, have its server mended, and send a test. Then enable the endpoint: it gets what it has missed.',
    more: [
      'Events are kept for `RETAIN_WEBHOOKS_DAYS` days: what is older is not sent any more.',
      'The task closes when the endpoint is enabled or removed.',
    ],
    actions: [readWebhook, readDeliveries, testWebhook, enableWebhook, discardWebhook],
  },
  webhook_not_taken: {
    title: TASK_TITLES.webhook_not_taken,
    subject: 'webhook',
    happened: 'It has refused an event for a day, while it took others. That event was given up; the endpoint goes on.',
    todo: 'Read what it answered to the event, and correct that there. Then replay the event.',
    actions: [readGivenUp, readWebhook, replayEvent],
  },
};
