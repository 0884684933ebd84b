import type { Network, Without } from './network.ts';
import { note } from './network.ts';
import type { Step } from './state.ts';

/** Promises a step `inMs` from now. It is part of the state, so a restart does not forget it. */
export function promiseStep(network: Network, inMs: number, step: Without<Step, 'id' | 'at'>): void {
  network.state.lastStepId += 1;
  const promised = { ...step, id: network.state.lastStepId, at: new Date(network.clock.now().getTime() + inMs).toISOString() } as Step;
  network.state.steps.push(promised);
  network.save();
  startTimer(network, promised);
}

/** Takes back every promised step of this prompt but its callbacks. */
export function dropAnswers(network: Network, checkoutRequestId: string): void {
  for (const step of [...network.state.steps]) {
    if (step.checkoutRequestId === checkoutRequestId && step.kind !== 'deliver') removeStep(network, step.id);
  }
}

/**
 * Starts the timers of all promised steps, after a restart. A prompt whose step was under way when the simulator died has none
 * any more: it times out, or it would lock its phone for ever.
 */
export function resumeSteps(network: Network): void {
  for (const step of network.state.steps) startTimer(network, step);
  const awaited = new Set(network.state.steps.filter(({ kind }) => kind !== 'deliver').map((step) => step.checkoutRequestId));
  for (const { checkoutRequestId, state } of Object.values(network.state.prompts)) {
    if (state !== 'closed' && !awaited.has(checkoutRequestId)) promiseStep(network, 0, { kind: 'time-out', checkoutRequestId });
  }
}

/** Stops all timers. The steps stay promised. */
export function stopTimers(network: Network): void {
  for (const cancel of network.timers.values()) cancel();
  network.timers.clear();
}

function startTimer(network: Network, step: Step): void {
  const run = async () => {
    // Removed before it runs: a callback is delivered once even if the simulator dies meanwhile.
    removeStep(network, step.id);
    network.save();
    try {
      await network.runStep(step);
    } catch (error) {
      note(network, `A step failed (${step.kind} of ${step.checkoutRequestId}): ${error}`);
    }
  };
  network.timers.set(step.id, network.clock.schedule(new Date(step.at), run));
}

function removeStep(network: Network, id: number): void {
  network.timers.get(id)?.();
  network.timers.delete(id);
  const index = network.state.steps.findIndex((step) => step.id === id);
  if (index >= 0) network.state.steps.splice(index, 1);
}
