import type { PulledPage } from '../daraja/pull.ts';

/** Rows of a page that the next question asks for again: the oldest are forgotten while a list is read, and all others move up. */
const AGAIN = 10;

/** How a list ended: read to its end, each page joined to the one before; with rows between two pages that were perhaps on none; or giving the same pages for ever. */
export type Ended = 'whole' | 'gaps' | 'repeats';

/**
 * Asks for a list page by page. Whether an offset counts rows or pages is not said alike everywhere (Daraja, Pull Transactions): where a page of rows should follow and none
 * does, the second page is asked for by its number. Two pages in succession without a new receipt mean that the list has no end.
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
      if (isKnown(page)) return ended; // it counts rows, and has become shorter
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
