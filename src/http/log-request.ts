import type { Context } from '@netlify/functions';
import type { Log } from '#ground/log.ts';

type Handler = (request: Request, context: Context) => Promise<Response>;

/** One line a request: what was asked, how it ended, how long it took, and the id that the answer bears too. */
export const loggingRequests =
  (handle: Handler, logOf: () => Log): Handler =>
  async (request, context) => {
    const began = performance.now();
    const response = await handle(request, context);
    const ms = Math.round(performance.now() - began);
    logOf().info('request', {
      method: request.method,
      path: pathOf(request, context),
      status: response.status,
      ms,
      requestId: context.requestId,
    });
    return response;
  };

/** What looks like an id or a secret though the platform does not say that it is a parameter. */
const ID = /^(?=.*\d)[\w.~-]{20,}$/;

/** The path of a request without what is particular to it: `/api/callbacks/stk/:token`. Tokens and ids stay out of every log. */
export function pathOf(request: Request, { params }: Pick<Context, 'params'>): string {
  const names = new Map(Object.entries(params ?? {}).map(([name, value]) => [value, name]));
  return new URL(request.url).pathname
    .split('/')
    .map((part) => {
      const name = names.get(part) ?? names.get(decoded(part));
      if (name) return `:${name}`;
      return ID.test(part) ? ':id' : part.slice(0, 40);
    })
    .join('/');
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
