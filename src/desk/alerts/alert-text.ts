import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { readRows } from '#ground/db/rows.ts';
import type { AlertSubject } from '#ground/outbox/message.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { wordsOf } from '../tasks/words-of.ts';
import { readMoneyOf } from './money-of.ts';

/** An alert as it is shown: a line that says all, the sentences of a mail, and where to read on. */
export type AlertText = { line: string; subject: string; paragraphs: string[]; url: string };

/** What an alert says, as things are now; undefined where there is nothing to say any more. Ids, codes and amounts, nobody's name or number. */
export function readAlertText(app: Pick<App, 'db' | 'config'>, about: AlertSubject): Promise<AlertText | undefined> {
  if ('reviewId' in about) return sayTask(app, about.reviewId);
  return 'taskKind' in about ? sayCrowd(app, about.taskKind) : sayCleared(app, about.reviewIds);
}

type Reads = Pick<App, 'db' | 'config'>;

const Task = z.object({ kind: z.string(), subject: z.string(), words: z.string().nullable() });

async function sayTask({ db, config }: Reads, taskId: string): Promise<AlertText | undefined> {
  const [task] = await readRows(db, Task, sql`select kind, subject, words from reviews where id = ${taskId}::uuid`);
  if (!task) return undefined;
  const { kind, subject } = task;
  const { title, happened, todo, subject: type } = wordsOf(kind);
  const words = task.words === null ? await readMoneyOf(db, kind, subject) : asSentence(task.words);
  const isState = type === 'state' || type === 'reason' || type === 'limit'; // a word for the site, which the title says already
  const url = `${config.site.url}/api/tasks/${taskId}`;
  return {
    line: `Malipo needs a person: ${kind} (${subject})${words ? `. ${words}` : ''} ${title}: ${url}`,
    subject: `${title} (${kind})`,
    paragraphs: [...(words ? [words] : []), happened, todo, ...(isState ? [] : [`It is about ${subject}.`])],
    url,
  };
}

/** Free words end as a sentence does, before the next one. */
const asSentence = (words: string): string => (/[.!?]$/.test(words) ? words : `${words}.`);

async function sayCrowd({ db, config }: Reads, kind: string): Promise<AlertText | undefined> {
  const [row] = await readRows(
    db,
    z.object({ open: z.number() }),
    sql`select count(*)::int as open from reviews where kind = ${kind} and closed_at is null`,
  );
  const open = row?.open ?? 0;
  if (open === 0) return undefined;
  const { title, happened, todo } = wordsOf(kind);
  const url = `${config.site.url}/api/tasks?kind=${encodeURIComponent(kind)}`;
  return {
    line: `Malipo needs a person: ${open} open tasks of the kind ${kind}. They come in such numbers that they are not told one by one. ${title}: ${url}`,
    subject: `${open} times: ${title} (${kind})`,
    paragraphs: [`${open} tasks of this kind are open. They come in such numbers that they are not told one by one.`, ...[happened, todo]],
    url,
  };
}

async function sayCleared({ db, config }: Reads, taskIds: readonly string[]): Promise<AlertText | undefined> {
  const tasks = await readRows(
    db,
    Task.extend({ words: z.null() }),
    sql`select kind, subject, null as words from reviews where id = any(${sql.param([...taskIds])}::uuid[]) order by opened_at, id`,
  );
  if (tasks.length === 0) return undefined;
  const named = tasks.map(({ kind, subject }) => `${wordsOf(kind).title}: ${kind} (${subject})`);
  const [only] = taskIds;
  return {
    line: `No longer: ${tasks.map(({ kind, subject }) => `${kind} (${subject})`).join(', ')}. The cause is gone, and nothing is to be done.`,
    subject: tasks.length === 1 ? `No longer: ${wordsOf(tasks[0]?.kind ?? '').title}` : `No longer: ${tasks.length} tasks`,
    paragraphs: ['What an earlier alert was about is gone by itself, and nothing is to be done.', ...named],
    url: tasks.length === 1 ? `${config.site.url}/api/tasks/${only}` : `${config.site.url}/api/tasks?open=false`,
  };
}
