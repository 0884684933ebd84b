import type { World } from '../world/world.ts';

type Entry = {
  at: string;
  kind: string;
  says: string;
  amount: number | null;
  ids: Record<string, string>;
  links: string[];
  by?: string | null;
  name?: string | null;
};
export type Timeline = { status: number; code?: string; entries: Entry[]; nextCursor: string | null };
type Asks = { headers: Record<string, string> } | undefined;

/** A page of a timeline as somebody sees it. */
export async function timelineOf(world: World, path: string, by: Asks, query = ''): Promise<Timeline> {
  const response = await world.send('GET', `/api/${path}/timeline?${query}`, { headers: by?.headers ?? {} });
  return { ...((await response.json()) as Timeline), status: response.status };
}

/** The kinds of its entries, in order. */
export const kindsOf = ({ entries }: Timeline): string[] => entries.map(({ kind }) => kind);
