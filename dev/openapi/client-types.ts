import { isErrorCode } from '#ground/errors.ts';
import type { Document } from './document.ts';
import { REMEDIES } from './remedies.ts';

/** A schema as the description has it: of JSON Schema what our shapes make. */
type Schema = {
  $ref?: string;
  const?: unknown;
  enum?: unknown[];
  type?: string | string[];
  anyOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  description?: string;
};
type Described = {
  requestBody?: Body;
  responses?: Record<string, Body>;
  parameters?: (Schema & { name: string; in: string; schema: Schema })[];
};
type Body = { content?: Record<string, { schema?: Schema }> };

/** The operations that the client calls, with a name for what each takes: its body, or its query. */
const CALLED: Record<string, string | undefined> = {
  stkPush: 'PromptInput',
  status: undefined,
  listPayments: 'PaymentQuery',
  askPayment: undefined,
  requestRefund: 'RefundInput',
  createBooking: 'BookingInput',
  readBooking: undefined,
  resolveBooking: 'BookingDecision',
  requestPayout: 'PayoutInput',
  listPayouts: 'PayoutQuery',
  listItems: undefined,
  readHealth: undefined,
};

/** What the client does by itself. */
const NOT_ASKED_FOR = ['cursor', 'before', 'format', 'count', 'page'];

const BEGINNING =
  '/* Made of the description of the API by `npm run docs:client`: change that. Amounts are Kenyan shillings, times ISO 8601. */\n\n';

/** The client's types: what its operations take and answer, what webhooks bear, and the codes of problems. */
export function printClientTypes(document: Document): string {
  const schemas = document.components?.schemas as Record<string, Schema>;
  const wanted = new Map<string, Schema>();
  const want = (schema: Schema | undefined): void => {
    if (!schema) return;
    const name = nameOf(schema);
    if (name && !wanted.has(name)) {
      wanted.set(name, schemas[name] ?? {});
      want(schemas[name]);
    }
    for (const inner of innerOf(schema)) want(inner);
  };
  const inputs: [string, Schema][] = [];
  const called = operationsOf(document.paths).filter(({ operationId }) => operationId in CALLED);
  for (const operation of called) {
    const input = CALLED[operation.operationId];
    if (input) inputs.push([input, inputOf(operation)]);
    for (const [status, response] of Object.entries(operation.responses ?? {}))
      if (status.startsWith('2') || operation.operationId === 'readHealth') want(schemaOf(response));
  }
  for (const [, schema] of inputs) want(schema);
  const events = [...new Set(operationsOf(document.webhooks ?? {}).map(({ requestBody }) => nameOf(schemaOf(requestBody)) ?? ''))];
  for (const name of ['Problem', ...events]) want({ $ref: `/${name}` });
  const types = [...inputs, ...wanted].map(([name, schema]) => `${words(schema, '')}export type ${name} = ${print(schema, '')};\n`);
  return [
    BEGINNING + types.join('\n'),
    `/** What a webhook bears. */\nexport type WebhookEvent = ${events.join(' | ')};\n`,
    `/** The \`code\` of a problem. */\nexport type ProblemCode =${Object.keys(REMEDIES)
      .map((code) => `\n  | '${code}'`)
      .join('')};\n`,
    `/** What to do about the problems of these calls. */\nexport const REMEDIES: Record<string, string | undefined> = ${printRemedies(called.flatMap(codesOf))};\n`,
  ].join('\n');
}

const operationsOf = (paths: object) =>
  Object.values(paths).flatMap((item) => Object.values(item) as (Described & { operationId: string })[]);

const schemaOf = (body: Body | undefined): Schema => Object.values(body?.content ?? {})[0]?.schema ?? {};

/** The codes of the problems that an operation may answer. */
const codesOf = ({ responses = {} }: Described): string[] =>
  Object.values(responses).flatMap((response) => (schemaOf(response).properties?.code?.enum ?? []) as string[]);

const printRemedies = (codes: string[]): string => {
  const remedies = [...new Set(codes)].sort().map((code) => `  ${code}: ${JSON.stringify(isErrorCode(code) ? REMEDIES[code] : '')},\n`);
  return `{\n${remedies.join('')}}`;
};

/** What an operation takes: its body, or what the client does not do of its query. */
function inputOf({ requestBody, parameters = [] }: Described): Schema {
  if (requestBody) return schemaOf(requestBody);
  const asked = parameters.filter((each) => each.in === 'query' && !NOT_ASKED_FOR.includes(each.name));
  const properties = asked.map(({ name, schema, description }) => [name, { ...schema, ...(description && { description }) }]);
  return { type: 'object', properties: Object.fromEntries(properties), additionalProperties: false };
}

const nameOf = ({ $ref }: Schema): string | undefined => $ref?.split('/').at(-1);

const innerOf = ({ anyOf = [], items, properties = {}, additionalProperties }: Schema): Schema[] => [
  ...anyOf,
  ...(items ? [items] : []),
  ...Object.values(properties),
  ...(typeof additionalProperties === 'object' ? [additionalProperties] : []),
];

function print(schema: Schema, indent: string): string {
  const name = nameOf(schema);
  if (name) return name;
  if ('const' in schema) return literal(schema.const);
  if (schema.enum) return schema.enum.map(literal).join(' | ');
  if (schema.anyOf) return schema.anyOf.map((each) => print(each, indent)).join(' | ');
  if (Array.isArray(schema.type)) return schema.type.map((type) => print({ ...schema, type }, indent)).join(' | ');
  switch (schema.type) {
    case 'integer':
      return 'number';
    case 'array':
      return `Array<${print(schema.items ?? {}, indent)}>`;
    case 'object':
      return printObject(schema, indent);
    case undefined:
      return 'unknown';
    default:
      return schema.type; // string, number, boolean, null
  }
}

function printObject({ properties, required = [], additionalProperties }: Schema, indent: string): string {
  const further = typeof additionalProperties === 'object' ? print(additionalProperties, indent) : 'unknown';
  if (!properties) return `Record<string, ${further}>`;
  const within = `${indent}  `;
  const fields = Object.entries(properties).map(([name, schema]) => {
    const optional = required.includes(name) ? '' : '?';
    return `${words(schema, within)}${within}${name}${optional}: ${print(schema, within)}${optional && ' | undefined'};\n`;
  });
  const others = additionalProperties === false ? '' : `${within}[further: string]: ${further};\n`;
  return `{\n${fields.join('')}${others}${indent}}`;
}

const literal = (value: unknown): string => (typeof value === 'string' ? `'${value}'` : String(value));

const words = ({ description }: Schema, indent: string): string => (description ? `${indent}/** ${description} */\n` : '');
