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

/** Removes every promised step of this prompt except its callbacks. */
export function dropAnswers(network: Network, checkoutRequestId: string): void {
  for (const step of [...network.state.steps]) {
    if (promptOf(step) === checkoutRequestId) removeStep(network, step.id);
  }
}

/** The prompt that a step ends or may end. */
const promptOf = (step: Step) => (step.kind !== 'deliver' && 'checkoutRequestId' in step ? step.checkoutRequestId : null);

/**
 * Starts the timers of all promised steps, after a restart. A prompt or request whose step was running when the simulator died has no step left: the prompt is
 * timed out now, as it would lock its phone for ever, and the request is carried out now.
 */
export function resumeSteps(network: Network): void {
  for (const step of network.state.steps) startTimer(network, step);
  const awaited = new Set(network.state.steps.map((step) => (step.kind === 'process' ? step.conversationId : promptOf(step))));
  for (const { checkoutRequestId, state } of Object.values(network.state.prompts)) {
    if (state !== 'closed' && !awaited.has(checkoutRequestId)) promiseStep(network, 0, { kind: 'time-out', checkoutRequestId });
  }
  for (const { conversationId, state } of Object.values(network.state.conversations)) {
    if (state !== 'closed' && !awaited.has(conversationId)) promiseStep(network, 0, { kind: 'process', conversationId });
  }
}

/** Stops all timers. The steps stay promised. */
export function stopTimers(network: Network): void {
  for (const cancel of network.timers.values()) cancel();
  network.timers.clear();
}

function startTimer(network: Network, step: Step): void {
  const run = async () => {
    // Removed before it runs, so that no callback is delivered twice if the simulator dies meanwhile.
    removeStep(network, step.id);
    network.save();
    try {
      await network.runStep(step);
    } catch (error) {
      note(network, `A step failed (${step.kind}): ${error}`);
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
