import { readFileSync } from 'node:fs';

const EXAMPLE = new URL('../../.env.example', import.meta.url);
const VARIABLE = /^([A-Z][A-Z0-9_]*)=(.*)$/;

/** What `.env.example` says about each variable: the comment right above it in one line, and the value it shows. */
export function readExplanations(text = readFileSync(EXAMPLE, 'utf8')): Map<string, { comment: string; value: string }> {
  const explained = new Map<string, { comment: string; value: string }>();
  let comment: string[] = [];
  for (const line of text.split('\n')) {
    const [, name, value = ''] = VARIABLE.exec(line) ?? [];
    if (name) explained.set(name, { comment: comment.join(' '), value });
    comment = line.startsWith('#') ? [...comment, line.replace(/^#+ ?/, '')] : [];
  }
  return explained;
}
