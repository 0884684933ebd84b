import fc from 'fast-check';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Mutation = { pick: number; how: number; value: Json };

const hostile = fc.oneof(
  fc.constantFrom<Json>('1e2', '0x10', ' 10', '10 ', true, -1, 100.405, 2 ** 53, '9007199254740993', '', 'SAQ64A9B2K', 0, '0', 10, '10.00'),
  fc.constantFrom<Json>(
    [],
    {},
    [10],
    { Key: 'TransactionAmount', Value: 1 },
    { Key: 'TransactionReceipt', Value: 'QWERTY1234' },
    { Name: 'Amount', Value: 1 },
    { Name: 'MpesaReceiptNumber', Value: 'QWERTY1234' },
    'Completed',
  ),
  fc.jsonValue() as fc.Arbitrary<Json>,
);

/** One change to one place of a JSON tree. */
const mutation: fc.Arbitrary<Mutation> = fc.record({ pick: fc.nat(), how: fc.nat({ max: 4 }), value: hostile });

/** Every container of a tree, with its keys: the places where a mutation can bite. */
function places(node: Json): [Record<string, Json>, string][] {
  if (typeof node !== 'object' || node === null) return [];
  const own = Object.keys(node).map((key): [Record<string, Json>, string] => [node as Record<string, Json>, key]);
  return [...own, ...Object.values(node).flatMap(places)];
}

/** Changes the tree in place. */
function mutate(tree: Json, { pick, how, ...mutation }: Mutation): void {
  const value = structuredClone(mutation.value); // a shared value would be mutated in its turn, into a circle
  const all = places(tree);
  const [holder, key] = all[pick % all.length] ?? [];
  if (!holder || key === undefined) return;
  if (how === 0) holder[key] = value;
  else if (how === 1) delete holder[key];
  else if (how === 2) holder[key] = [holder[key] ?? null];
  else if (how === 3) holder[key] = String(holder[key]);
  else if (Array.isArray(holder)) holder.push(value);
  else holder[`${key}x`] = value;
}

/** Recorded bodies with up to three changes each, and recorded bodies with bytes cut out and put in. */
export const mutated = (bodies: string[]) =>
  fc.tuple(fc.constantFrom(...bodies), fc.array(mutation, { maxLength: 3 })).map(([body, mutations]) => {
    const tree: Json = JSON.parse(body);
    for (const each of mutations) mutate(tree, each);
    return JSON.stringify(tree);
  });

export const torn = (bodies: string[]) =>
  fc
    .tuple(fc.constantFrom(...bodies), fc.nat(), fc.string({ maxLength: 4, unit: 'binary' }), fc.nat({ max: 20 }))
    .map(([body, at, text, cut]) => body.slice(0, at % body.length) + text + body.slice((at % body.length) + cut));

/** The values that a result's JSON holds under one parameter name, in the plainest reading. */
export function plainParameters(body: string, name: string): unknown[] {
  const entries = [JSON.parse(body).Result.ResultParameters?.ResultParameter ?? []].flat();
  return entries.filter((entry) => entry?.Key === name).map((entry) => entry.Value);
}
