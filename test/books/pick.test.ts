import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '#ground/db/columns.ts';
import { pick } from '#ground/db/pick.ts';
import { readRows } from '#ground/db/rows.ts';
import { payouts } from '#mpesa/payouts/payouts.schema.ts';
import { startWorld, type World } from '../world/world.ts';

const PAYOUT = pick(payouts, 'p', ['id', 'amountCents', 'reasonSealed', 'requestedAt', 'decidedBy', 'secondPerson', 'partsCents']);
const REQUESTED_AT = new Date('2026-11-30T08:00:00.123Z');

let world: World;
const id = newId();
beforeAll(async () => {
  world = await startWorld();
  await world.app.db.insert(payouts).values({
    ...{ id, reference: 'PO-PICK', kind: 'manual', reasonSealed: 'rent', sourceAccount: 'expenses', amountCents: 12_345n },
    ...{ partsCents: [12_345n], state: 'requested', caller: 'public', requestedBy: 'public', requestedAt: REQUESTED_AT },
  });
});
afterAll(() => world.stop());

describe('picked columns', () => {
  test('come back as the schema has them: bigint, decrypted, as moments, and null where there is nothing', async () => {
    expect(await readRows(world.app.db, PAYOUT.row, sql`select ${PAYOUT.list} from payouts p where p.id = ${id}::uuid`)).toEqual([
      {
        id,
        amountCents: 12_345n,
        reasonSealed: 'rent',
        requestedAt: REQUESTED_AT,
        decidedBy: null,
        secondPerson: false,
        partsCents: [12_345n],
      },
    ]);
  });

  test('stand beside others of the same statement', async () => {
    const Row = PAYOUT.row.extend({ doubled: PAYOUT.row.shape.amountCents });
    const [row] = await readRows(
      world.app.db,
      Row,
      sql`select ${PAYOUT.list}, p.amount_cents * 2 as doubled from payouts p where p.id = ${id}::uuid`,
    );
    expect(row).toMatchObject({ id, doubled: 24_690n });
  });

  test('are refused where the statement does not yield them, or yields nothing where the schema has a value', async () => {
    const { db } = world.app;
    await expect(readRows(db, PAYOUT.row, sql`select p.id from payouts p where p.id = ${id}::uuid`)).rejects.toThrow(
      'amount_cents has no value',
    );
    const { row } = pick(payouts, 'p', ['amountCents']);
    await expect(readRows(db, row, sql`select null::bigint as amount_cents`)).rejects.toThrow('amount_cents has no value');
  });
});
