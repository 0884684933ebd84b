import type { Action } from './actions.ts';
import type { SubjectType } from './subjects.ts';

/** What a person reads about one kind of task; docs/tasks.md is made of these. */
export type TaskWords = {
  /** What it is, in a few words, as a list shows it. */
  title: string;
  /** What its subject is; where it may be one of several, which one is seen by its shape or by what the books know of it. */
  subject: SubjectType | readonly SubjectType[];
  /** What happened, in about two sentences. */
  happened: string;
  /** What to do. */
  todo: string;
  /** What else may matter: when it closes by itself, and rarer cases. */
  more?: readonly string[];
  /** The requests that mend it, or look at what it is about. */
  actions: readonly Action[];
};
