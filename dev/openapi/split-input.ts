import type * as z from 'zod';
import { createSchema, type oas31 } from 'zod-openapi';

type Schema = oas31.SchemaObject;

/** The parts of an input in which they are sent: what stands in the path, in the query, and as the body. */
export type Sent = { parameters: oas31.ParameterObject[]; body?: Schema };

/** Where the parts of an input come from: its path parameters by their names in the route, the rest in the query or as a JSON body. */
export function splitInput(input: z.ZodType, { route, restIn }: { route: string; restIn: 'query' | 'body' }): Sent {
  const schema = createSchema(input, { io: 'input', opts: { allowEmptySchema: { custom: { input: true } } } }).schema as Schema;
  const inPath = [...route.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  const pathParameters = inPath.map((name) => parameter(name, 'path', propertyOf(schema, name), true));
  const rest = without(schema, inPath);
  if (restIn === 'body') return { parameters: pathParameters, body: rest };
  const required = new Set(rest.required);
  const query = Object.entries(rest.properties ?? {}).filter(([name]) => name !== 'file');
  return {
    parameters: [...pathParameters, ...query.map(([name, of]) => parameter(name, 'query', of as Schema, required.has(name)))],
  };
}

const parameter = (name: string, where: 'path' | 'query', schema: Schema, required: boolean): oas31.ParameterObject => ({
  ...{ name, in: where, required, schema },
});

/** The shapes that an input may have: itself, or those of a union. */
const shapesOf = (schema: Schema): Schema[] => {
  const options = (schema.oneOf ?? schema.anyOf) as Schema[] | undefined;
  return options ? options.flatMap(shapesOf) : [schema];
};

function propertyOf(schema: Schema, name: string): Schema {
  const found = shapesOf(schema).flatMap(({ properties }) => properties?.[name] ?? [])[0];
  if (!found) throw new Error(`The route has :${name}, which its input does not have.`);
  return found as Schema;
}

/** The schema without these properties, in each shape of a union; one shape of a union of one kind of body. */
function without(schema: Schema, names: string[]): Schema {
  const shapes = shapesOf(schema).map(({ properties = {}, required = [], ...shape }) => {
    const kept = Object.entries(properties).filter(([name]) => !names.includes(name));
    const still = required.filter((name) => !names.includes(name));
    return { ...shape, properties: Object.fromEntries(kept), ...(still.length > 0 && { required: still }) };
  });
  return shapes.length === 1 && shapes[0] ? shapes[0] : { anyOf: shapes };
}
