/** How many values are under which key, in words. */
export const describeCounts = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([id, n]) => `${n.toLocaleString('en')} under ${id}`)
    .join(', ') || 'none';
