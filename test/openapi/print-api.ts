import type * as z from 'zod';
import { PARTS } from '../../dev/openapi/parts.ts';
import { splitInput } from '../../dev/openapi/split-input.ts';
import { whoMay } from '../../dev/openapi/who-may.ts';

const BEGINNING = `# The API

Every way in that is not Safaricom's, made of the rows in [dev/openapi](../dev/openapi/parts.ts) by \`npm run docs:api\`: change them there. A website needs two of them ([checkout.md](checkout.md)).

The site serves the whole description, with every field of requests and answers: \`/docs\` to read and try, \`/openapi.json\` (OpenAPI 3.1) to generate from, \`/malipo.postman_collection.json\` to import into Postman.

Failures are \`application/problem+json\` with a \`code\`, a sentence that says what to change, and a \`requestId\`; [problems.md](problems.md) has all codes. Amounts are Kenyan shillings, times ISO 8601, days days in Nairobi. An administrator makes [keys](operations.md#api-keys) and invites [people](operations.md#people); the first administrator is made with \`npm run admin -- add\`.

An \`Idempotency-Key\` makes a request safe to repeat where the table says so.

Lists come in pages of \`limit\`. Each answer has the cursor of the next page, null on the last: send \`nextCursor\` as \`cursor\`, \`nextBefore\` as \`before\`, \`nextAfter\` as \`after\`. It costs the same however deep it is. Where the table says so a list also takes \`count=true\`, which adds \`total\` and \`pages\`, and \`page\`, a numbered page from 1, which adds \`page\` and \`limit\` as well. Both end with entry 10,000: a larger \`total\` is 10,000 with \`totalIsMore: true\`, and a page beyond it is refused, as is \`page\` together with a cursor. What is set up by hand and stays short comes whole: \`GET /api/items\`, \`/api/keys\`, \`/api/loan-products\` and \`/api/webhooks\`.

[migrating.md](migrating.md) is for clients of earlier systems, [webhooks.md](webhooks.md) for servers that are told of events, and [tasks.md](tasks.md) has the words of all kinds of tasks.
`;

/** docs/api.md, made of the functions' files and their rows. */
export async function printApi(): Promise<string> {
  const sections = PARTS.filter(({ operations }) => Object.keys(operations).length > 0).map(async ({ tag, about, operations }) => {
    const rows = Object.values(operations).map(async ({ load, summary, description, takesKey }) => {
      const { default: handler, config } = await load();
      const method = [config.method].flat().find((each) => each !== 'OPTIONS');
      const does = [`${summary}.`, description?.replaceAll(/\s+/g, ' '), takesOf(handler.options.input, takesKey)]
        .filter(Boolean)
        .join(' ');
      return `| \`${method} ${[config.path].flat()[0]}\` | ${whoMay(handler.options.auth)} | ${does} |`;
    });
    return [`## ${tag}\n\n${about}\n`, '| Call | Who | Does |\n| --- | --- | --- |', ...(await Promise.all(rows))].join('\n');
  });
  return `${BEGINNING}\n${(await Promise.all(sections)).join('\n\n')}\n\n${END}`;
}

/** What a request takes besides its own fields, in a sentence. */
function takesOf(input: z.ZodType, takesKey?: true): string | undefined {
  const fields = new Set(splitInput(input, { route: '', restIn: 'query' }).parameters.map(({ name }) => name));
  const takes = [takesKey && 'an `Idempotency-Key`', fields.has('page') && '`page` and `count`', fields.has('format') && '`format=csv`'];
  return takes.some(Boolean) ? `Takes ${takes.filter(Boolean).join(', ')}.` : undefined;
}

const END = `## Our own calls

\`POST /api/runs/:token/finish\` is asked by our own scheduled functions: it finishes a run through all loans that did not fit into their time.
`;
