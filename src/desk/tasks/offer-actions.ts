import type { Action, Detail, Known } from './actions.ts';

/** What a person reads in another answer: an address that needs it is offered all the same, with `...` in its place. */
const READ_ELSEWHERE: readonly string[] = ['waiting', 'inquiry', 'entry', 'repaid'] satisfies Detail[];

/** What every open task takes. */
const CLOSE = (taskId: string): Action => ({
  ...{ right: 'tasks:manage', method: 'POST', path: `/api/tasks/${taskId}/close` },
  ...{ does: 'closes this task, once it is done', send: { note: 'what was done' } },
});

/** A request as its reader sees it: `allowed` says whether they may make it, or somebody else has to. */
export type OfferedAction = Omit<Action, 'right' | 'unless'> & { allowed: boolean };

/**
 * The requests that mend a task, with what is known filled in; one whose address names what is not known is left out. `closes`: the task, where it may be closed by hand.
 * `rights` are those of who reads them.
 */
export const actionsOf = (
  actions: readonly Action[],
  known: Known,
  closes: string | undefined,
  rights: readonly string[],
): OfferedAction[] =>
  [...actions.flatMap((action) => filled(action, known) ?? []), ...(closes ? [CLOSE(closes)] : [])].map(({ right, ...action }) => ({
    ...action,
    allowed: right === null || rights.includes(right),
  }));

function filled({ path, send, unless, ...action }: Action, known: Known): Action | undefined {
  if (unless && known[unless] !== undefined) return undefined;
  const address = path.replace(/\{(\w+)\}/g, (all, name: keyof Known) =>
    String(known[name] ?? (READ_ELSEWHERE.includes(name) ? '...' : all)),
  );
  if (address.includes('{')) return undefined;
  return { ...action, path: address, ...(send && { send: mapValues(send, (value) => bodyValue(value, known)) }) };
}

const mapValues = (send: NonNullable<Action['send']>, change: (value: unknown) => unknown) =>
  Object.fromEntries(Object.entries(send).map(([name, value]) => [name, change(value)]));

/** What stands in a body in the place of `{deposit}` and the like: what is known, and `...` where nothing is. */
function bodyValue(value: unknown, known: Known): unknown {
  const [, name] = typeof value === 'string' ? (/^\{(\w+)\}$/.exec(value) ?? []) : [];
  return name === undefined ? value : (known[name as keyof Known] ?? '...');
}
