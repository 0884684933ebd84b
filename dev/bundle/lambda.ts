import { PassThrough } from 'node:stream';

type Meta = { statusCode: number; multiValueHeaders?: Record<string, string[]> };
type Streaming = (event: unknown, stream: NodeJS.WritableStream, context: unknown) => Promise<unknown>;
type Answering = PassThrough & { meta?: Meta };

/** An answer of an artifact. */
export type Answer = { status: number; type: string; body: string };

/** Puts the streaming interface of AWS Lambda's runtime in place, which artifacts expect to find. */
export function installLambdaStandIn(): void {
  const streamifyResponse = (handle: Streaming) => async (event: unknown, context: unknown) => {
    const stream: Answering = new PassThrough();
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    const ended = new Promise((done) => stream.on('end', done));
    await handle(event, stream, context);
    await ended;
    const [type = ''] = stream.meta?.multiValueHeaders?.['content-type'] ?? [];
    return { status: stream.meta?.statusCode ?? 0, type, body: Buffer.concat(chunks).toString() } satisfies Answer;
  };
  const from = (stream: Answering, meta: Meta) => Object.assign(stream, { meta });
  Object.assign(globalThis, { awslambda: { streamifyResponse, HttpResponseStream: { from } } });
}

/** A request as the platform hands it to a function; `route` is the pattern it was found by. */
export function lambdaEvent({ method, path, body }: { method: string; path: string; body?: string }, route: string | undefined): object {
  const url = new URL(path, 'https://shop.example');
  return {
    rawUrl: url.href,
    rawQuery: url.search.slice(1),
    path: url.pathname,
    httpMethod: method,
    route,
    flags: {},
    headers: {
      'content-type': 'application/json',
      host: url.host,
      'x-nf-client-connection-ip': '203.0.113.7',
      'x-nf-request-id': '01JD0000000000000000000000',
    },
    body: body ?? null,
    isBase64Encoded: false,
  };
}

/** The context that Lambda hands over with an event. */
export const lambdaContext = () => ({ awsRequestId: 'sample', getRemainingTimeInMillis: () => 30_000, clientContext: {} });
