import { readdirSync, readFileSync } from 'node:fs';
import type { Config, Context } from '@netlify/functions';
import { checkAnswer } from './check-answer.ts';

type Handler = (request: Request, context: Context) => Promise<Response>;
type FunctionFile = { name: string; config: Config; load(): Promise<Handler> };
type Route = FunctionFile & { pattern: URLPattern; methods: string[] };

const FOLDER = new URL('../../netlify/functions/', import.meta.url);
const CONFIG = /^export const config: Config = (\{.*?\});$/ms;

/** Every function file of the product with what its config says. A file is loaded when it is first asked, as on the platform: a test waits for what it uses alone. */
export const functions: FunctionFile[] = readdirSync(FOLDER).map((file) => {
  const url = new URL(file, FOLDER);
  const [, config] = CONFIG.exec(readFileSync(url, 'utf8')) ?? [];
  if (config === undefined) throw new Error(`${file} has no "export const config: Config = { ... };" that can be read without running it.`);
  const load = async () => ((await import(url.href)) as { default: Handler }).default;
  return { name: file.replace(/\.ts$/, ''), config: new Function(`return ${config}`)() as Config, load };
});

const routes: Route[] = functions
  .flatMap((file) =>
    [file.config.path ?? []]
      .flat()
      .map((pathname) => ({ ...file, pattern: new URLPattern({ pathname }), methods: [file.config.method ?? []].flat() })),
  )
  .sort((a, b) => a.pattern.pathname.split(':').length - b.pattern.pathname.split(':').length); // literal first

/**
 * A router as the platform is one: by path and method to a function's default export; work after the answer goes to `waitUntil`. Throws where an answer is not
 * what the API's description says.
 */
export async function route(
  request: Request,
  options: { ip: string; requestId: string; waitUntil(work: Promise<unknown>): void },
): Promise<Response> {
  const found = routes.find(({ pattern, methods }) => pattern.test(request.url) && methods.includes(request.method));
  if (!found) return new Response('Not Found', { status: 404 });
  const params = found.pattern.exec(request.url)?.pathname.groups ?? {};
  const handler = await found.load();
  const response = await handler(request, { ...options, params } as unknown as Context);
  await checkAnswer({ name: found.name, handler, method: request.method, response });
  return response;
}

/** Runs a scheduled function as the platform's clock does. */
export async function strike(name: string): Promise<Record<string, unknown>> {
  const found = functions.find((candidate) => candidate.name === name);
  if (!found?.config.schedule) throw new Error(`No scheduled function is called ${name}.`);
  const handler = await found.load();
  const response = await handler(new Request('http://127.0.0.1/'), {} as Context);
  return (await response.json()) as Record<string, unknown>;
}
