import type { Network } from './network.ts';
import { note } from './network.ts';
import { type PlanOrder, PlanOrRefusal } from './plan.ts';
import { DeliveryPlan, ResultPlan } from './result-plan.ts';

/** Keeps an order for later requests. */
export function arrangePlan(network: Network, order: PlanOrder): void {
  const { arranged } = network;
  if ('random' in order) {
    if ('api' in order) arranged.randomResults[order.api] = order.random;
    else arranged.random = order.random;
    note(network, 'A random plan was arranged.');
    return;
  }
  const { phone = null, next, ...rest } = order;
  if ('api' in rest) {
    const { api, ...planned } = rest;
    const whom = { phone, left: next ?? null };
    if (api === 'c2b') arranged.noticePlans.push({ ...whom, plan: DeliveryPlan.parse(planned) });
    else arranged.resultPlans[api].push({ ...whom, plan: ResultPlan.parse(planned) });
    note(network, `A plan was arranged for ${api}.`);
    return;
  }
  const plan = PlanOrRefusal.parse(rest);
  if (next !== undefined) arranged.nextPlans.push({ phone, left: next, plan });
  else if (phone !== null) arranged.phonePlans.set(phone, plan);
  note(network, `A plan was arranged: ${plan.refusal ?? plan.outcome}.`);
}
