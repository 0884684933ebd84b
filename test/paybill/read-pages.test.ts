import { expect, test } from 'vitest';
import type { PulledPage } from '#mpesa/daraja/pull.ts';
import { readPages } from '#mpesa/paybill/read-pages.ts';

const PAGE = 10;
const rows = (n: number) => Array.from({ length: n }, (_, at) => `UKL${String(at).padStart(7, '0')}`);

/** A list of Safaricom's that is asked page by page, and may change between two questions. */
async function read(list: string[], { pages = false, change = (_asked: number) => {} } = {}) {
  const offsets: number[] = [];
  const reading = readPages(async (offset) => {
    change(offsets.push(offset));
    const from = pages ? offset * PAGE : offset;
    const transactions = list.slice(from, from + PAGE).map((transactionId) => ({ transactionId }));
    return { rowCount: transactions.length, transactions, unreadable: [] } as unknown as PulledPage;
  });
  const seen = new Set<string>();
  for (let next = await reading.next(); ; next = await reading.next()) {
    if (next.done) return { ended: next.value, seen: seen.size, offsets };
    for (const { transactionId } of next.value.transactions) seen.add(transactionId);
  }
}

test.each([
  [0, 1],
  [3, 2],
  [10, 2],
  [25, 5],
])('a list of %i rows is read to its end in %i questions', async (count, asked) => {
  const { ended, seen, offsets } = await read(rows(count));
  expect([ended, seen, offsets.length]).toEqual(['whole', count, asked]);
});

test.each([
  [4, 'whole'],
  [5, 'gaps'],
])('rows move up while it is read, by %i: %s', async (forgotten, ended) => {
  const list = rows(40);
  expect(await read(list, { change: (asked) => asked === 2 && list.splice(0, forgotten) })).toMatchObject({ ended });
});

test('where an offset counts pages all are read, and it is not whole', async () => {
  expect(await read(rows(25), { pages: true })).toMatchObject({ ended: 'gaps', seen: 25 });
});

test('a list that has become shorter than what was read is not taken for one of numbered pages', async () => {
  const list = rows(PAGE);
  expect(await read(list, { change: (asked) => asked === 2 && list.splice(3) })).toMatchObject({
    ended: 'gaps',
    seen: PAGE,
    offsets: [0, 5, 1],
  });
});

test('a list that repeats itself for ever is left', async () => {
  const list = rows(PAGE);
  expect(await read(new Proxy(list, { get: (all, key) => (key === 'slice' ? () => [...all] : Reflect.get(all, key)) }))).toMatchObject({
    ended: 'repeats',
  });
});
