import * as z from 'zod';
import { registrationOf } from './c2b-confirmation.ts';
import { callbackBody, editBody } from './callback-body.ts';
import { ControlError, readOrder } from './control-error.ts';
import { postText } from './deliver.ts';
import type { Network } from './network.ts';
import type { Conversation, Prompt } from './state.ts';

const shortcode = z.union([z.string(), z.number()]).transform(String);
/** An address that the merchant has given: of a prompt, of a request, or of a short code. */
const Address = z
  .strictObject({
    callbackOf: z.string().optional(),
    resultOf: z.string().optional(),
    timeOutOf: z.string().optional(),
    confirmationOf: shortcode.optional(),
    validationOf: shortcode.optional(),
  })
  .refine((to) => Object.values(to).filter((part) => part !== undefined).length === 1, { error: 'name one address' });
/** A message that was made for another address: a callback, a result or a confirmation. */
const Copy = z
  .strictObject({ callbackOf: z.string().optional(), resultOf: z.string().optional(), confirmationOf: z.string().optional() })
  .refine((of) => Object.values(of).filter((part) => part !== undefined).length === 1, { error: 'name one text' });
const Misdirected = z
  .strictObject({
    to: Address,
    /** Text goes over the wire as it is, anything else as JSON. */
    body: z.json().optional(),
    copy: Copy.optional(),
    bodyEdits: z.array(z.strictObject({ find: z.string().min(1), replace: z.string() })).default([]),
    contentType: z.string().default('application/json;charset=UTF-8'),
  })
  .refine(({ body, copy }) => (body === undefined) !== (copy === undefined), {
    error: 'give a body, or a copy of what was made for another',
  });
export type MisdirectedInput = z.input<typeof Misdirected>;

/** Posts any text to an address that the merchant has given, now; answers the status, or null where nothing was answered. */
export async function misdirect(network: Network, order: MisdirectedInput): Promise<{ status: number | null }> {
  const { to, body, copy, bodyEdits, contentType } = readOrder(Misdirected, order);
  const url = addressOf(network, to);
  const text = copy ? copyOf(network, copy) : typeof body === 'string' ? body : JSON.stringify(body);
  return { status: await postText(network, `misdirected text`, url, editBody(network, text, bodyEdits), contentType) };
}

function addressOf(network: Network, to: z.output<typeof Address>): string {
  if (to.callbackOf !== undefined) return promptOf(network, to.callbackOf).callbackUrl;
  if (to.resultOf !== undefined) return requestOf(network, to.resultOf).fields.ResultURL ?? '';
  if (to.timeOutOf !== undefined) return requestOf(network, to.timeOutOf).fields.QueueTimeOutURL ?? '';
  const registration = registrationOf(network, to.confirmationOf ?? to.validationOf ?? '');
  if (!registration) throw new ControlError(404, 'No URLs are registered.', 'Register URLs first.');
  return to.confirmationOf === undefined ? registration.validationUrl : registration.confirmationUrl;
}

function copyOf(network: Network, of: z.output<typeof Copy>): string {
  if (of.callbackOf !== undefined) return callbackBody(network, promptOf(network, of.callbackOf));
  const made =
    of.resultOf === undefined
      ? network.state.notices.find(({ receipt }) => receipt === of.confirmationOf)?.body
      : requestOf(network, of.resultOf).result;
  if (made) return made;
  throw new ControlError(404, `Nothing was made for ${of.resultOf ?? of.confirmationOf} yet.`, 'Wait until it has ended.');
}

function promptOf({ state }: Network, id: string): Prompt {
  const prompt = Object.hasOwn(state.prompts, id) ? state.prompts[id] : undefined;
  if (prompt) return prompt;
  throw new ControlError(404, `No prompt has the CheckoutRequestID ${id}.`, 'GET /simulator/prompts lists all of them.');
}

/** Finds a request by its ConversationID, or by the OriginatorConversationID that the merchant chose. */
function requestOf({ state }: Network, id: string): Conversation {
  const request = Object.values(state.conversations).find((asked) => asked.conversationId === id || asked.originatorConversationId === id);
  if (request) return request;
  throw new ControlError(404, `No request has the id ${id}.`, 'GET /simulator/requests lists all.');
}
