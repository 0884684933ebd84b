import { randomBytes } from 'node:crypto';
import { type Answer, type FormRequest, INTERNATIONAL, type Refused } from './answer.ts';

const COST = 'KES 0.8000';

/** Judges a request as Africa's Talking's `POST /version1/messaging` does: 201 with a status per recipient, also for those it refuses. */
export function answerAsAfricasTalking({ headers, form }: FormRequest, refused: Refused): Answer {
  if (!headers.apikey) return { status: 401, body: 'The supplied authentication is invalid', taken: [] };
  const missing = ['username', 'to', 'message'].find((name) => !form.get(name));
  if (missing) return { status: 400, body: `Request is missing required form field '${missing}'`, taken: [] };
  const numbers = (form.get('to') ?? '').split(',').map((number) => number.trim());
  const good = numbers.filter((number) => INTERNATIONAL.test(number) && refused(number) === undefined);
  const Recipients = numbers.map((number) =>
    good.includes(number)
      ? { statusCode: 101, number, status: 'Success', cost: COST, messageId: `ATXid_${randomBytes(16).toString('hex')}` }
      : { ...refusalOf(refused(number)), number, cost: '0', messageId: 'None' },
  );
  const Message = `Sent to ${good.length}/${numbers.length} Total Cost: ${good.length > 0 ? COST : '0'}`;
  const taken = good.map((to) => ({
    provider: 'africastalking' as const,
    to: to.slice(1),
    from: form.get('from') ?? 'AFRICASTKNG',
    text: form.get('message') ?? '',
  }));
  return { status: 201, body: { SMSMessageData: { Message, Recipients } }, taken };
}

const STATUSES: Record<number, string> = {
  403: 'InvalidPhoneNumber',
  404: 'UnsupportedNumberType',
  406: 'UserInBlacklist',
  409: 'DoNotDisturbRejection',
};

const refusalOf = (statusCode = 403) => ({ statusCode, status: STATUSES[statusCode] ?? 'RejectedByGateway' });
