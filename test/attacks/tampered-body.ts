import fc from 'fast-check';

/** One part of a callback as JSON text (nothing: the part is left out), and whether it agrees with what was asked. */
type Part = { text: string | undefined; agrees: boolean };

/** What a callback must say to be believed. */
export type Asked = { amountShillings: number; phone: string; checkoutRequestId: string; receipt: string; usedReceipt: string };

/** A body, and whether it says all that was asked and nothing else. */
export type Tampered = { body: string; agrees: boolean };

const part =
  (agrees: boolean) =>
  (text: string | undefined): Part => ({ text, agrees });
const right = part(true);
const wrong = part(false);
const NEVER_A_VALUE = [undefined, 'null', 'true', 'false', '[]', '{}', '""', '" "', '-1', '"\\u0000"', '"NaN"', '{"toString":1}'].map(
  wrong,
);
const HUGE = `"${'9'.repeat(10_000)}"`;

const amounts = ({ amountShillings: n }: Asked): Part[] => [
  ...[`${n}`, `${n}.0`, `${n}.00`, `${n}e0`, `"${n}"`, `"${n}.00"`].map(right),
  ...[
    n - 1,
    n + 1,
    n * 100,
    n / 10,
    -n,
    n + 0.01,
    n + 0.4,
    0,
    '0.001',
    `[${n}]`,
    `{"value":${n}}`,
    `"${n}e0"`,
    `" ${n}"`,
    `"+${n}"`,
    `"0${n}"`,
  ].map((text) => wrong(String(text))),
  ...[
    `${n}e1`,
    '1e400',
    '-0',
    '9007199254740993',
    '1e21',
    `${n}.001`,
    `"${n},00"`,
    `"0x${n.toString(16)}"`,
    `"KES ${n}"`,
    `"${n}\\n"`,
    HUGE,
  ].map(wrong),
  ...NEVER_A_VALUE,
];

const phones = ({ phone }: Asked): Part[] => [
  ...[
    phone,
    `"${phone}"`,
    `"+${phone}"`,
    `"0${phone.slice(3)}"`,
    `"${phone.slice(0, 4)}*****${phone.slice(-3)}"`,
    `"2547XXXXX${phone.slice(-3)}"`,
  ].map(right),
  ...[
    '254799999999',
    `${phone}0`,
    phone.slice(0, -1),
    `"${phone.slice(0, 4)}*****999"`,
    `"*****"`,
    `[${phone}]`,
    `"${'a1'.repeat(32)}"`,
    `${phone}.5`,
    HUGE,
  ].map(wrong),
  ...NEVER_A_VALUE,
];

const receipts = ({ receipt, usedReceipt }: Asked): Part[] => [
  right(`"${receipt}"`),
  ...[usedReceipt, receipt.toLowerCase(), `${receipt} `, receipt.slice(0, 5), `${receipt}; drop table payments`, 'x'.repeat(10_000)].map(
    (text) => wrong(JSON.stringify(text)),
  ),
  ...[`["${receipt}"]`, '1234567890', `{"receipt":"${receipt}"}`].map(wrong),
  ...NEVER_A_VALUE,
];

const checkoutIds = ({ checkoutRequestId: id }: Asked): Part[] => [
  right(`"${id}"`),
  ...[`${id}0`, id.slice(0, -1), id.toUpperCase(), ` ${id}`, 'ws_CO_1', 'w'.repeat(10_000)].map((text) => wrong(JSON.stringify(text))),
  ...[`["${id}"]`, '12'].map(wrong),
  ...NEVER_A_VALUE,
];

const codes: Part[] = [
  ...['0', '"0"', '-0', '0.0', '0e5'].map(right),
  ...['"00"', '"0 "', '0.5', '1', '1032', '"1032"', '-1', '4999', '9007199254740993', '"O"', '[0]', '{"code":0}', '"SFC_IC0003"'].map(
    wrong,
  ),
  ...NEVER_A_VALUE,
];

const dates: Part[] = [
  ...['20261121120030', '"20261121120030"', '0', '"yesterday"', 'null', undefined].map(right),
  ...['[]', '{}', 'true'].map(wrong),
];

/** What stands beside the four items; agreeing ones are what M-PESA may add one day. */
const neighbours: Part[] = [
  ...[
    undefined,
    '{"Name":"Balance"}',
    '{"Name":"Balance","Value":{"deep":[[[]]]}}',
    '{"Name":"__proto__","Value":{"Amount":1}}',
    '{"Name":"constructor","Value":1}',
  ].map(right),
  ...[
    '{"Name":"Amount","Value":1}',
    '{"Name":"amount ","Value":1}',
    '{"Name":"PhoneNumber"}',
    '{"Name":"MpesaReceiptNumber","Value":null}',
  ].map(wrong),
  ...['null', '[]', '"Amount"', '{}', '{"Value":1}', '{"Name":7,"Value":1}', Array(51).fill('{"Name":"x"}').join()].map(wrong),
];

const wraps: ((metadata: string) => Part)[] = [
  (items) => right(`{"Item":[${items}]}`),
  (items) => right(`{"Item":[${items}],"extra":{"Amount":1}}`),
  (items) => wrong(`{"item":[${items}]}`),
  (items) => wrong(`{"Item":{"0":${items.split('},')[0]}}`.replace(/\}?$/, '}}')),
  (items) => wrong(`[${items}]`),
  () => wrong('null'),
  () => wrong('{"Item":null}'),
  () => wrong('{"Item":"Amount"}'),
  () => wrong(undefined),
];

const outsides: ((callback: string) => Tampered)[] = [
  (callback) => ({ body: `{"Body":{"stkCallback":${callback}}}`, agrees: true }),
  (callback) => ({ body: `\n{ "Body" : { "stkCallback" : ${callback} , "__proto__" : { "ResultCode" : 1 } } } `, agrees: true }),
  (callback) => ({ body: `{"Body":{"stkCallback":[${callback}]}}`, agrees: false }),
  (callback) => ({ body: `[{"Body":{"stkCallback":${callback}}}]`, agrees: false }),
  (callback) => ({ body: `{"body":{"stkCallback":${callback}}}`, agrees: false }),
  (callback) => ({ body: `{"__proto__":{"Body":{"stkCallback":${callback}}}}`, agrees: false }),
  (callback) => ({ body: `{"Body":{"stkCallback":${callback}}`, agrees: false }),
  (callback) => ({ body: callback, agrees: false }),
  (callback) => ({ body: JSON.stringify(`{"Body":{"stkCallback":${callback}}}`), agrees: false }),
];

/** Mostly draws what agrees: of eight parts drawn evenly nearly all bodies would differ in several. */
function mostly(parts: Part[]): fc.Arbitrary<Part> {
  const agreeing = parts.filter(({ agrees }) => agrees);
  return fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...agreeing) }, { weight: 1, arbitrary: fc.constantFrom(...parts) });
}

const mostlyFirst = <T>(first: T[], all: T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...first) }, { weight: 1, arbitrary: fc.constantFrom(...all) });

/** Callbacks that agree with what was asked in every part, in some or in none, in every type that JSON has. */
export function tampered(asked: Asked): fc.Arbitrary<Tampered> {
  const drawn = fc.record({
    values: fc.tuple(mostly(amounts(asked)), mostly(receipts(asked)), mostly(dates), mostly(phones(asked))),
    neighbour: mostly(neighbours),
    order: fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }),
    code: mostly(codes),
    checkout: mostly(checkoutIds(asked)),
    wrap: mostlyFirst(wraps.slice(0, 1), wraps),
    outside: mostlyFirst(outsides.slice(0, 1), outsides),
    words: fc.constantFrom('"The service request is processed successfully."', `"${'long '.repeat(6_000)}"`, 'null'),
  });
  return drawn.map(({ values, neighbour, order, code, checkout, wrap, outside, words }) => {
    const names = ['Amount', 'MpesaReceiptNumber', 'TransactionDate', 'PhoneNumber'];
    const items = [...values.map(({ text }, at) => text && `{"Name":"${names[at]}","Value":${text}}`), neighbour.text];
    const metadata = wrap(order.flatMap((at) => items[at] ?? []).join());
    const fields = [
      '"MerchantRequestID":"b31f-4564"',
      checkout.text && `"CheckoutRequestID":${checkout.text}`,
      code.text && `"ResultCode":${code.text}`,
      `"ResultDesc":${words}`,
      metadata.text && `"CallbackMetadata":${metadata.text}`,
    ];
    const { body, agrees } = outside(`{${fields.filter(Boolean).join()}}`);
    const parts = [...values, neighbour, code, checkout, metadata];
    return { body, agrees: agrees && parts.every((each) => each.agrees) };
  });
}
