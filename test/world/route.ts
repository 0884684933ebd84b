import { readdirSync } from 'node:fs';
import type { Config, Context } from '@netlify/functions';

type Handler = (request: Request, context: Context) => Promise<Response>;
type Route = { name: string; pattern: URLPattern; methods: string[]; handler: Handler };

const FOLDER = new URL('../../netlify/functions/', import.meta.url);

/** Every function file of the product with what its config says. */
export const functions: { name: string; config: Config; handler: Handler }[] = await Promise.all(
  readdirSync(FOLDER).map(async (file) => {
    const module = (await import(new URL(file, FOLDER).href)) as { default: Handler; config: Config };
    return { name: file.replace(/\.ts$/, ''), config: module.config, handler: module.default };
  }),
);

const routes: Route[] = functions.flatMap(({ name, config, handler }) =>
  [config.path ?? []]
    .flat()
    .map((pathname) => ({ name, handler, pattern: new URLPattern({ pathname }), methods: [config.method ?? []].flat() })),
);

/** A router as the platform is one: by path and method to a function's default export; work after the answer goes to `waitUntil`. */
export async function route(
  request: Request,
  options: { ip: string; requestId: string; waitUntil(work: Promise<unknown>): void },
): Promise<Response> {
  const literalFirst = [...routes].sort((a, b) => a.pattern.pathname.split(':').length - b.pattern.pathname.split(':').length);
  const found = literalFirst.find(({ pattern, methods }) => pattern.test(request.url) && methods.includes(request.method));
  if (!found) return new Response('Not Found', { status: 404 });
  const params = found.pattern.exec(request.url)?.pathname.groups ?? {};
  return found.handler(request, { ...options, params } as unknown as Context);
}

/** Runs a scheduled function as the platform's clock does. */
export async function strike(name: string): Promise<Record<string, unknown>> {
  const found = functions.find((candidate) => candidate.name === name);
  if (!found?.config.schedule) throw new Error(`No scheduled function is called ${name}.`);
  const response = await found.handler(new Request('http://127.0.0.1/'), {} as Context);
  return (await response.json()) as Record<string, unknown>;
}
