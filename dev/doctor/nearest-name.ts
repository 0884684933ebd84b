/** The name that `typed` was probably meant to be: the one with the fewest letters to change, if they are few. */
export function nearestName(typed: string, names: readonly string[]): string | undefined {
  const [best] = names.map((name) => ({ name, changes: countChanges(typed, name) })).sort((a, b) => a.changes - b.changes);
  return best && best.changes <= Math.max(2, Math.floor(typed.length / 5)) ? best.name : undefined;
}

/** Letters to insert, remove or replace to turn one into the other. */
function countChanges(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
