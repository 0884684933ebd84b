import { isSettled } from './draw.ts';
import type { Stage } from './stage.ts';
import { isAsExpected, type Outcome, playAll, type Sequence, type Slot } from './tell.ts';
import type { Borrowed } from './world-of-money.ts';

const MOST_ROUNDS = 12;

/** Makes a sequence that fails as small as it still fails: what can be left out is tried side by side, in one batch a round. */
export async function shrink(stage: Stage, failed: Outcome, slots: Slot[], shillings: () => number): Promise<Outcome> {
  let smallest = failed;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const { outcomes } = await playAll(stage, smallerThan(smallest.sequence), slots, shillings);
    const next = outcomes.find((outcome) => !isAsExpected(outcome));
    if (!next) break;
    smallest = next;
  }
  return smallest;
}

function smallerThan({ plan, play }: Sequence): Sequence[] {
  const withSteps = (steps: Sequence['play']['steps']): Sequence => ({ plan, play: { ...play, steps } });
  const isSettledStill = (steps: Sequence['play']['steps']) => {
    const told = steps.map(({ telling }) => telling);
    return told.every((telling) => isSettled(plan, told, telling));
  };
  const fewer = play.steps
    .map((_, n) => play.steps.filter((_step, at) => at !== n))
    .filter(isSettledStill)
    .map(withSteps);
  const lastSlots = play.steps.some(({ slot }) => slot > 0)
    ? [withSteps(play.steps.map((step) => ({ ...step, slot: Math.max(0, step.slot - 1) })))]
    : [];
  const alive = play.steps.some(({ killed }) => killed) ? [withSteps(play.steps.map((step) => ({ ...step, killed: false })))] : [];
  const used = (n: number) => play.steps.some(({ telling }) => telling.n === n && telling.about === 'prompt');
  const quiet = plan.prompts.flatMap((prompt, n): Sequence[] => [
    ...(prompt.query
      ? [{ play, plan: { ...plan, prompts: plan.prompts.map((each, at) => (at === n ? { ...each, query: false } : each)) } }]
      : []),
    ...(prompt.early === '1037'
      ? [{ play, plan: { ...plan, prompts: plan.prompts.map((each, at) => (at === n ? { ...each, early: '4999' as const } : each)) } }]
      : []),
  ]);
  const last = plan.prompts.length - 1;
  const isBorrowed = (about: Borrowed['about'], n: number) => plan.lies.some(({ borrows }) => borrows?.about === about && borrows.n === n);
  const reaches = [...plan.hands, ...plan.lies].some(({ payment }) => payment === last) || isBorrowed('prompt', last);
  const onePrompt = last > 0 && !used(last) && !reaches ? [{ play, plan: { ...plan, prompts: plan.prompts.slice(0, last) } }] : [];
  const unused = <T>(items: T[], about: string) =>
    items.length > 0 && !play.steps.some(({ telling }) => telling.about === about && telling.n === items.length - 1);
  return [
    ...onePrompt,
    ...(unused(plan.hands, 'hand') && !isBorrowed('hand', plan.hands.length - 1)
      ? [{ play, plan: { ...plan, hands: plan.hands.slice(0, -1) } }]
      : []),
    ...(unused(plan.lies, 'lie') ? [{ play, plan: { ...plan, lies: plan.lies.slice(0, -1) } }] : []),
    ...fewer,
    ...alive,
    ...(play.atOnce ? [{ plan, play: { ...play, atOnce: false } }] : []),
    ...quiet,
    ...(plan.status ? [{ play, plan: { ...plan, status: false } }] : []),
    ...(play.listedFrom > 0 ? [{ plan, play: { ...play, listedFrom: 0 } }] : []),
    ...(play.answersFrom > 0 ? [{ plan, play: { ...play, answersFrom: 0 } }] : []),
    ...lastSlots,
  ];
}
