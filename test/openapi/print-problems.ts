import { type ErrorCode, statusOf } from '#ground/errors.ts';
import { PARTS } from '../../dev/openapi/parts.ts';
import { REMEDIES } from '../../dev/openapi/remedies.ts';

const BEGINNING = `# Problems

Every \`code\` of a failure, and what to do about it. The answer's own \`detail\` says what it was this time. This page is made of [remedies.ts](../dev/openapi/remedies.ts) by \`npm run docs:api\`: change it there.

The last column names the requests whose own problem it is, as \`/docs\` calls them; where it is empty, any request may answer it, or a command does.

| Code | Status | What to do | Whose |
| --- | --- | --- | --- |
`;

/** docs/problems.md, made of the remedies and of the rows that name the codes. */
export function printProblems(): string {
  const operations = PARTS.flatMap((part) => Object.entries(part.operations));
  const whose = (code: ErrorCode) => operations.flatMap(([id, { problems }]) => (problems?.includes(code) ? [`\`${id}\``] : [])).join(', ');
  const rows = (Object.keys(REMEDIES) as ErrorCode[]).map(
    (code) => `| \`${code}\` | ${statusOf(code)} | ${REMEDIES[code]} | ${whose(code)} |\n`,
  );
  return BEGINNING + rows.join('');
}
