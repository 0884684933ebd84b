import type { Action } from '#desk/tasks/actions.ts';
import { SUBJECTS } from '#desk/tasks/subjects.ts';
import { TASK_WORDS } from '#desk/tasks/words-of.ts';
import { TASK_KINDS, type TaskKind } from '#ground/tasks/task-kinds.ts';

const BEGINNING = `# Tasks, kind by kind

What each kind of task means, and what to do. [operations.md](operations.md#tasks) says how a person works with tasks. This page is made of the words in [src/desk/tasks](../src/desk/tasks/words-of.ts) by \`npm run docs:tasks\`: change them there.

What a request needs in the place of \`{deposit}\` and the like is what the task is about; \`GET /api/tasks/:id\` has it filled in, as far as it is known; \`...\` is what a person has to say. What stands after "with" is the JSON body, sent with \`content-type: application/json\`: also the empty \`{}\`, without which the request is refused as \`unsupported_media_type\`. Where a person compares what was reported with the portal, it has that in \`reported\`: source, codes, amount, time and the end of the phone, the newest first. M-PESA code means receipt: the ten letters and digits of a movement of money. Told money is what only a notice has reported, proved money what Safaricom or a signed statement has confirmed.
`;

const ORDER = Object.keys(TASK_WORDS) as TaskKind[];

/** docs/tasks.md, made of the words in the code. */
export const printTasks = (): string =>
  [
    BEGINNING,
    '| Kind | In short | About |\n| --- | --- | --- |',
    ...ORDER.map((kind) => `| [\`${kind}\`](#${kind}) | ${TASK_WORDS[kind].title} | ${aboutOf(kind)} |`),
    ...ORDER.map(printKind),
  ]
    .join('\n')
    .concat('\n');

const aboutOf = (kind: TaskKind): string =>
  [TASK_WORDS[kind].subject]
    .flat()
    .map((type) => SUBJECTS[type].says)
    .join(', or ');

function printKind(kind: TaskKind): string {
  const { title, happened, todo, more = [], actions } = TASK_WORDS[kind];
  const paragraphs = [
    `\n## \`${kind}\`\n\n**${title}.** ${happened}\n\n${todo}\n`,
    ...(more.length > 0 ? [...more.map((each) => `- ${each}`), ''] : []),
    ...['Requests:\n', ...actions.map(printAction)],
  ];
  return paragraphs
    .map((text) => link(text, kind))
    .join('\n')
    .trimEnd();
}

const printAction = ({ method, path, does, send }: Action): string =>
  `- \`${method} ${path}\`${send ? ` with \`${printBody(send)}\`` : ''} ${does}`;

/** An amount is a number, also where it is not known yet. */
const printBody = (send: NonNullable<Action['send']>): string => JSON.stringify(send).replace('"{amount}"', '{amount}');

/** A page that is named with one of its headings becomes a link to it, and another kind of task one to its words. */
const link = (text: string, own: TaskKind): string =>
  text
    .replace(
      /docs\/(\w+)\.md, "([^"]+)"/g,
      (_, page: string, heading: string) => `[${page}.md](${page}.md#${anchorOf(heading)}), "${heading}"`,
    )
    .replace(/`(\w+)`/g, (all, word: string) => (word !== own && isKind(word) ? `[${all}](#${word})` : all));

const isKind = (word: string): boolean => (TASK_KINDS as readonly string[]).includes(word);

const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .replace(/\s/g, '-');
