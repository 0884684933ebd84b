import { type Lane, type Receipt, show } from './world-of-money.ts';

/**
 * What is doubted, by the documents alone. Nobody but a callback or a list says what a receipt was paid for: one that a status answer proves, and that a notice told for something else, may be that
 * of a success that has no proved receipt, or one by its time alone. It stays told then. Each such success casts doubt on one receipt; where it is open on which, every way is returned. Receipts are
 * meant by position; `tied`: the receipt of a success, by prompt.
 */
export function waysToDoubt(nameless: boolean[], receipts: Receipt[], tied: Map<number, number>, lane: Lane): Set<number>[] {
  const isListed = lane.plan.pull || lane.plan.statement === true;
  const free = receipts.flatMap(({ proved }, at) => (proved && !isListed && ![...tied.values()].includes(at) ? [at] : []));
  const mayBe = (prompt: number, at: number): boolean => {
    const [own, other] = [receipts[tied.get(prompt) ?? -1], receipts[at]];
    if (!nameless[prompt] || !other || isOtherPayer(lane, prompt, other)) return false;
    if (!own?.proved) return true;
    return own.wrote !== 'reference' && !isShown(own.really) && other.wrote !== 'nothing';
  };
  const ways = (prompt: number, doubted: number[]): Set<number>[] => {
    if (prompt === nameless.length) return [new Set(doubted)];
    const next = free.filter((at) => !doubted.includes(at) && mayBe(prompt, at));
    return next.length === 0 ? ways(prompt + 1, doubted) : next.flatMap((at) => ways(prompt + 1, [...doubted, at]));
  };
  return ways(0, []);
}

/** Safaricom's own answers show whole and masked numbers, and no hash. */
export const isShown = ({ hint }: Receipt['really']): boolean => hint === 'full' || hint === 'masked';

const isOtherPayer = ({ owed }: Lane, prompt: number, receipt: Receipt): boolean =>
  isShown(receipt.really) && show(owed[prompt]?.phone ?? '', receipt.really.hint) !== receipt.really.shown;
