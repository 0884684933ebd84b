import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { MADE_PAGES, type MadePage } from '../openapi/made-pages.ts';
import type { makePages } from '../openapi/make-pages.ts';

let made: ReturnType<typeof makePages> | undefined;

/** Answers for the pages that a build makes of the API's description. They are made when the first is asked for: a start need not wait for them. */
export function serveReference(request: IncomingMessage, response: ServerResponse): Promise<void> | undefined {
  const page = MADE_PAGES.find((name) => request.url === `/${name}`);
  return page && answer(page, response);
}

async function answer(page: MadePage, response: ServerResponse): Promise<void> {
  made ??= import('../openapi/make-pages.ts').then(({ makePages }) => makePages());
  const type = path.extname(page) === '.js' ? 'text/javascript' : 'application/json';
  const text = (await made)[page];
  response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(text);
}
