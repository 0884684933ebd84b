import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Answer, installLambdaStandIn, lambdaContext, lambdaEvent } from './lambda.ts';

/** What a process of this file reports to the one that started it. */
export type Report = { coldStartMs: number; answers: Answer[] };

const [folder = '', route, probes = '[]'] = process.argv.slice(2);
const requests = JSON.parse(probes) as { method: string; path: string; body?: string }[];

installLambdaStandIn();
const begun = performance.now();
const entry = (await import(pathToFileURL(path.join(folder, '___netlify-entry-point.mjs')).href)) as {
  handler(event: object, context: object): Promise<Answer>;
};
const report: Report = { coldStartMs: 0, answers: [] };
for (const request of requests) {
  report.answers.push(await entry.handler(lambdaEvent(request, route || undefined), lambdaContext()));
  report.coldStartMs ||= performance.now() - begun;
}
process.send?.(report, () => process.exit(0));
