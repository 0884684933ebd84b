import { promiseStep } from './agenda.ts';
import { editBody } from './callback-body.ts';
import type { Network } from './network.ts';
import { note } from './network.ts';
import type { Telling } from './outage.ts';
import type { DeliveryPlan } from './result-plan.ts';

/** Promises the posts of a body as its plan says, and returns the text that will be posted. */
export function postLater(network: Network, telling: Telling, about: string, url: string, body: string, plan: DeliveryPlan): string {
  const text = editBody(network, body, plan.bodyEdits);
  if (plan.lost) note(network, `The ${about} is lost, as planned.`);
  const copies = plan.lost ? 0 : plan.copies;
  for (let copy = 0; copy < copies; copy += 1) {
    const inMs = (plan.callbackMs ?? network.delays.callbackMs) + copy * plan.spreadMs;
    promiseStep(network, inMs, { kind: 'post', telling, about, url, body: text });
  }
  return text;
}
