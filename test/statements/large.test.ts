import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readStatementSafely } from '#mpesa/statements/read-statement-safely.ts';
import { bundleFiles } from '../../dev/bundle/bundle-functions.ts';
import { makeArtifacts } from '../../dev/bundle/make-artifacts.ts';
import { runArtifact } from '../../dev/bundle/run-artifact.ts';
import { manyPayments, toCsv, toWorkbook } from './sample-statement.ts';
import { writeXls } from './write-xls.ts';

/** The whole sizes need minutes on a busy machine: `MALIPO_TEST_SCALE=10` and more reads them. */
const part = Math.min(1, Number(process.env.MALIPO_TEST_SCALE ?? 1) / 10);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'malipo-statements-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each([
  ['an .xls of 60,000 lines', 60_000, writeXls],
  ['a .csv of 100,000 lines', 100_000, toCsv],
  ['an .xlsx of 100,000 lines', 100_000, (rows: Parameters<typeof toCsv>[0]) => toWorkbook(rows, 'xlsx', { compression: false })],
] as const)(
  '%s is read within a heap of 256 MB',
  async (name, count, toFile) => {
    const lines = Math.round(count * part);
    const heapMb = Math.round(40 + 216 * part);
    const bytes = toFile(manyPayments(lines));
    const begun = performance.now();
    const cpu = process.cpuUsage();
    const read = await readStatementSafely(bytes, 'x');
    const { user, system } = process.cpuUsage(cpu);
    if (part === 1)
      console.log(`${name}: ${Math.round(performance.now() - begun)} ms, ${Math.round((user + system) / 1000)} ms of processor`);
    expect(read.outcome === 'refused' ? read.message : read.lines.length).toBe(lines);
    const again = await readStatementSafely(bytes, 'x', { heapMb });
    expect(again.outcome === 'refused' ? again.message : again.checks.balance).toBe('unbroken');
  },
  600_000,
);

test('in a function as Netlify packs it, the thread finds its file', async () => {
  const source = path.join(folder, 'read.ts');
  await writeFile(
    source,
    `import { readStatementSafely } from ${JSON.stringify(path.resolve('src/mpesa/statements/read-statement-safely.ts'))};
    export default async (request) => {
      const read = await readStatementSafely(Buffer.from(await request.text(), 'base64'), 'x');
      return Response.json(read.outcome === 'refused' ? read : { lines: read.lines.length });
    };
    export const config = { path: '/read' };`,
  );
  await bundleFiles([source], path.join(folder, 'functions'));
  const [made] = await makeArtifacts(path.join(folder, 'functions'), path.join(folder, 'artifacts'), 'none');
  const files = [toCsv(manyPayments(5)), writeXls(manyPayments(5)), toWorkbook(manyPayments(5), 'xlsx')];
  const report = await runArtifact(
    made?.path ?? '',
    '/read',
    files.map((bytes) => ({ method: 'POST', path: '/read', body: bytes.toString('base64') })),
  );
  expect(report.answers.map(({ status, body }) => [status, body])).toEqual(files.map(() => [200, '{"lines":5}']));
}, 120_000);
