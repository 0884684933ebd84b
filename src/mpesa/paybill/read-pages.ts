import type { PulledPage } from '../daraja/pull.ts';

/** How many rows of a page the next request repeats: while a list is read its oldest rows are forgotten, and all others move up. */
const AGAIN = 10;

/**
 * How a list ended: complete, each page overlapping the one before; with gaps, where rows may be missing between two pages; or repeating
 * the same pages for ever.
 */
export type Ended = 'whole' | 'gaps' | 'repeats';

/**
 * Requests a list page by page. Sources disagree whether an offset counts rows or pages (Daraja, Pull Transactions): where the next rows
 * should follow and do not, the second page is requested by its number. Two pages in succession without a new receipt mean that the list
 * repeats itself.
 */
export async function* readPages(ask: (offset: number) => Promise<PulledPage>): AsyncGenerator<PulledPage, Ended> {
  const seen = new Set<string>();
  const isKnown = (page: PulledPage) => receiptsOf(page).some((receipt) => seen.has(receipt));
  let ended: Ended = 'whole';
  for (let offset = 0, again = 0, stale = 0, numbered = false; ; ) {
    let page = await ask(offset);
    if (again > 0 && !isKnown(page)) ended = 'gaps';
    if (ended === 'gaps' && page.rowCount === 0 && !numbered) {
      page = await ask(1);
      if (isKnown(page)) return ended; // offsets count rows, and the list became shorter
      [numbered, offset] = [true, 1];
    }
    if (page.rowCount === 0) return ended;
    const before = seen.size;
    for (const receipt of receiptsOf(page)) seen.add(receipt);
    const isNew = seen.size > before;
    if (!isNew && page.rowCount <= again) return ended;
    stale = isNew ? 0 : stale + 1;
    if (stale === 2) return 'repeats';
    yield page;
    again = numbered ? 0 : Math.min(AGAIN, Math.floor(page.rowCount / 2));
    offset += numbered ? 1 : page.rowCount - again;
  }
}

export const receiptsOf = ({ transactions, unreadable }: PulledPage): string[] =>
  [...transactions, ...unreadable].flatMap(({ transactionId }) => transactionId?.toUpperCase() ?? []);
