import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { playStory } from '../../dev/world/play-story.ts';
import { runCommand } from './spawn.ts';

test('the demo tells each step, ends with what it proved, and leaves nothing behind', { timeout: 120_000 }, async () => {
  const own = mkdtempSync(path.join(tmpdir(), 'malipo-test-'));
  const { code, stdout, stderr } = await runCommand('dev/demo.ts', [], { TMPDIR: own });
  expect(stderr).toBe('');
  expect(code).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  expect(JSON.parse(lines.at(-1) ?? '')).toEqual({
    paymentId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    status: 'paid',
    receipt: expect.stringMatching(/^[A-Z0-9]{10}$/),
    amount: 1750,
    invoiceNumber: expect.stringMatching(/^INV-\d{4}-000001$/),
    emailTo: 'wanjiku@example.com',
    pdfBytes: expect.toSatisfy((bytes: number) => bytes > 5_000),
    ledgerBalanced: true,
    clearingCents: '0',
  });
  const steps = ['Prompt sent', 'Callback received', 'Settled', 'Allocated', 'Invoice numbered', 'Mail sent'];
  const places = steps.map((step) => lines.findIndex((line) => line.includes(step)));
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(places).not.toContain(-1);
  expect(readdirSync(own)).toEqual([]);
  rmSync(own, { recursive: true });
});

test('a step that goes wrong is named', async () => {
  const gone = 'http://127.0.0.1:9';
  const world = {
    shopUrl: gone,
    simulatorUrl: gone,
    inboxUrl: gone,
    smsUrl: gone,
    databaseUrl: 'postgres://postgres@127.0.0.1:9/malipo',
    operatorKey: '',
    staff: [],
    strike: async () => undefined,
    travel: async () => undefined,
    stop: async () => {},
  };
  await expect(playStory(world, () => {})).rejects.toThrow('It went wrong while reading the price list');
});
