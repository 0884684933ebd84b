import path from 'node:path';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { whereItRuns } from './world/hold-folder.ts';
import { CLOCK_PATH } from './world/serve-clock.ts';

const USAGE = `What time it is in the local world of \`npm start\`, and on to a later one: what runs each night and morning, and each minute, is run on the way.

  npm run clock                          says what time it is there
  npm run clock -- +1d                   a day later; +2h and +10m likewise
  npm run clock -- 2026-12-01            to 09:00 of that day in Nairobi
  npm run clock -- "2026-12-01 08:05"    to that time
  --dir .local                           which world, as for npm start

Days are days in Nairobi. There is no way back but \`npm start -- --fresh\`.
`;

const Answer = z.object({ nairobi: z.string().optional(), onTo: z.string().optional(), detail: z.string().optional() });

/** On the way, the command says after every so many days where it is. */
const DAYS_BETWEEN_WORDS = 10;

async function run(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { dir: { type: 'string', default: path.resolve(import.meta.dirname, '../.local') }, help: { type: 'boolean' } },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const shopUrl = await whereItRuns(values.dir);
  if (!shopUrl) throw new Error(`No local world runs in ${path.resolve(values.dir)}: \`npm start\` starts one.`);
  let { nairobi, onTo } = await ask(shopUrl, positionals.join(' '));
  for (let day = 1; onTo; day++) {
    if (day % DAYS_BETWEEN_WORDS === 0) console.log(`It is ${nairobi}, and on to ${onTo}.`);
    ({ nairobi, onTo } = await ask(shopUrl, onTo));
  }
  console.log(`It is ${nairobi} in Nairobi there.`);
  return 0;
}

/** The time in the local world, after its clock has moved on where `to` is given. `onTo` is a time that it has not reached yet: ask again. */
async function ask(shopUrl: string, to: string) {
  const order = to && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ to }) };
  const response = await fetch(`${shopUrl}${CLOCK_PATH}`, { ...order });
  const answer = Answer.parse(await response.json());
  if (!response.ok) throw new Error(answer.detail);
  return answer;
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
