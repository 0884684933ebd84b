import { asc } from 'drizzle-orm';
import type { Db } from '#ground/db/types.ts';
import { people } from './people.schema.ts';

/** A person of ours as an administrator sees them. */
export type ListedPerson = typeof people.$inferSelect;

/** All people, disabled ones too, oldest first. */
export const listPeople = (db: Db): Promise<ListedPerson[]> => db.select().from(people).orderBy(asc(people.createdAt), asc(people.id));
