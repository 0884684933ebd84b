import { createDocument, type oas31, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import packageJson from '../../package.json' with { type: 'json' };
import { describeFields } from './describe-fields.ts';
import type { Operation, OwnFunction } from './operation.ts';
import { PARTS } from './parts.ts';
import { Problem } from './problem.ts';
import { ownResponses, responsesOf } from './responses.ts';
import { splitInput } from './split-input.ts';
import { describeWebhooks } from './webhook-events.ts';
import { rightsFor, whoMay } from './who-may.ts';

/** A function that the clock calls. */
type Scheduled = { operationId: string; schedule: string; summary: string };

/** The API's description. */
export type Document = oas31.OpenAPIObject & { paths: oas31.PathsObject; 'x-scheduled': Scheduled[] };

const ABOUT = `Failures are \`application/problem+json\` with a \`code\`, a sentence that says what to change, and a \`requestId\`. Amounts are Kenyan shillings, times ISO 8601, days days in Nairobi.

An \`Idempotency-Key\` (8 to 255 visible characters, best a new UUID) makes a request safe to repeat: the answer to the first is given again. Lists come in pages, newest first, unless they say otherwise. What is set up by hand and stays short comes whole: items, keys, loan products and webhooks.`;

/** Makes the API's description of what the functions' files and their rows in parts.ts say. */
export async function makeDocument(): Promise<Document> {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  const add = ({ route, method }: Way, operation: ZodOpenApiOperationObject) => {
    const path = braced(route);
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation };
  };
  const scheduled: Scheduled[] = [];
  for (const { tag, operations, ownFunctions = {} } of PARTS) {
    for (const [id, operation] of Object.entries(operations)) {
      const { default: handler, config } = await operation.load();
      const way = wayOf(config);
      add(way, describe(id, tag, operation, handler.options, way));
    }
    for (const [id, own] of Object.entries(ownFunctions)) {
      const { config } = await own.load();
      if (config.schedule) scheduled.push({ operationId: id, schedule: config.schedule, summary: own.summary });
      else add(wayOf(config), describeOwn(id, tag, own, wayOf(config).route, 'background' in config));
    }
  }
  const document = createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Malipo',
      version: packageJson.version,
      description: ABOUT,
      license: { name: packageJson.license, identifier: packageJson.license },
    },
    servers: [{ url: '/' }],
    tags: PARTS.map(({ tag, about }) => ({ name: tag, description: about })),
    paths: paths as ZodOpenApiPathsObject,
    webhooks: describeWebhooks(),
    components: {
      schemas: { Problem },
      headers: {
        XRequestId: { description: 'Tell it when you ask about this answer.', schema: { type: 'string' } },
        IdempotentReplayed: { description: '`true` where the answer is that of an earlier request.', schema: { type: 'string' } },
      },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An API key (`mlp_...`), or the `token` of a session.' },
        session: { type: 'apiKey', in: 'cookie', name: 'malipo', description: 'A session in a browser, on our own pages.' },
      },
    },
  });
  return { ...(describeFields(document) as Document), 'x-scheduled': scheduled };
}

type Way = { route: string; method: string };
type Options = Awaited<ReturnType<Operation['load']>>['default']['options'];

const wayOf = ({ path, method }: { path?: unknown; method?: unknown }): Way => ({
  route: String([path].flat()[0]),
  method: String([method].flat().find((each) => each !== 'OPTIONS')),
});

const braced = (route: string): string => route.replace(/:(\w+)/g, '{$1}');

function describe(operationId: string, tag: string, operation: Operation, options: Options, { route, method }: Way) {
  const { summary, description = '', takesKey } = operation;
  const { auth, input, fileBytes } = options;
  const { parameters, body } = splitInput(input, { route, restIn: method === 'GET' || fileBytes ? 'query' : 'body' });
  const rights = rightsFor(auth);
  const who = `**Who:** ${whoMay(auth)}.`;
  const visitors = auth === 'public' ? [{}] : [];
  return {
    operationId,
    summary,
    description: [description, who].filter(Boolean).join('\n\n'),
    tags: [tag],
    parameters: [...parameters, ...(takesKey ? [KEY] : [])],
    ...requestBody(body, fileBytes),
    security: [
      ...visitors,
      ...(rights.length === 0 ? [[]] : rights.map((right) => [right])).flatMap((held) => [{ bearer: held }, { session: held }]),
    ],
    responses: responsesOf(method, options, operation),
  } as ZodOpenApiOperationObject;
}

const KEY = {
  ...{ name: 'Idempotency-Key', in: 'header' as const, required: false, schema: { type: 'string' as const, minLength: 8, maxLength: 255 } },
  description: 'Makes the request safe to repeat: best a new UUID for each.',
};

function requestBody(body: object | undefined, fileBytes: number | undefined) {
  if (fileBytes)
    return {
      requestBody: { required: true, description: `At most ${fileBytes} bytes.`, content: { 'application/octet-stream': { schema: {} } } },
    };
  return body ? { requestBody: { required: true, content: { 'application/json': { schema: body } } } } : {};
}

function describeOwn(operationId: string, tag: string, own: OwnFunction, route: string, isBackground: boolean) {
  const parameters = [{ name: 'token', in: 'path', required: true, description: 'The secret.', schema: { type: 'string' } }];
  if (!route.includes(':token')) throw new Error(`${operationId}: what callers without a credential reach has a secret in its route.`);
  return {
    ...{ operationId, summary: own.summary, tags: [tag], parameters, security: [] },
    ...(own.description && { description: own.description }),
    requestBody: { content: { 'application/json': { schema: { type: 'object' } } } },
    responses: ownResponses(own.answer, isBackground),
  } as ZodOpenApiOperationObject;
}
