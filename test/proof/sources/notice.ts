import { noticeBody } from '../bodies.ts';
import { hasFunction, post } from '../stage.ts';
import { type Lane, movedAt, movedIn, show, type Telling, written } from '../world-of-money.ts';
import type { Source } from './source.ts';

/** The C2B confirmation, true or not, to the one address that all have. */
export const notice: Source = {
  name: 'notice',
  isBuilt: () => hasFunction('c2b-confirmation'),
  tell(stage, lane, telling, killed) {
    const said = wordsOf(lane, telling);
    const body = noticeBody({
      ...{ receipt: said.receipt, msisdn: show(said.phone, said.hint), shillings: lane.shillings, reference: written(lane, said) },
      ...{ at: movedAt(lane), shortcode: stage.tillNumber ?? stage.shortcode, till: stage.tillNumber !== undefined },
    });
    return post(stage, 'c2b-confirmation', stage.confirmationPath, body, killed);
  },
};

function wordsOf(lane: Lane, { about, n }: Telling) {
  const lie = about === 'lie' ? lane.plan.lies[n] : undefined;
  if (lie) return { ...lie, receipt: lane.lieReceipts[n] ?? '', phone: lane.owed[lie.payment]?.phone ?? '' };
  const moved = movedIn(lane).find((each) => each.about === about && each.n === n);
  if (!moved) throw new Error('There is no such movement.');
  return moved;
}
