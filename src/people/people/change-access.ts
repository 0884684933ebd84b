import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { Reason } from '#ground/audit/reason.ts';
import { record } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { instantSql, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import type { Ground } from '#ground/ground.ts';
import type { AccessEvent } from '#ground/outbox/message.ts';
import { LANGUAGES } from '#ground/text/language.ts';
import { markMadeBy } from '../auth/api-keys.ts';
import { endSessionsSql } from '../auth/sessions.ts';
import { promiseAccessNotice } from './access-notices.ts';
import { lockAdministrators } from './lock-administrators.ts';
import { PERSON_ROLES } from './people.schema.ts';
import { tellStaffSql } from './tell-staff.ts';

/** Whose role, what it becomes, and why; with `language` also in which they are told. */
export const ChangeRoleInput = z.strictObject({
  ...{ id: z.uuid(), role: z.enum(PERSON_ROLES), reason: Reason },
  language: z.enum(LANGUAGES).optional(),
});

/** Who is shut out or let in, and why. */
export const ShutOutInput = z.strictObject({ id: z.uuid(), reason: Reason });

type World = Pick<Ground, 'db' | 'clock'>;
const Standing = z.object({ id: z.uuid(), phoneHash: z.string(), role: z.enum(PERSON_ROLES), disabled: z.boolean() });
type Standing = z.output<typeof Standing>;

/**
 * Makes somebody a member, a treasurer or an administrator, from their next request on; their membership, loans and savings stay. Throws
 * `person_not_found` and `not_yourself`. So one administrator always stays: whoever does it.
 */
export const changeRole = (world: World, { id, role, reason, language }: z.output<typeof ChangeRoleInput>, call: Call) =>
  change(world, id, call, async (tx, person, now) => {
    if (language) await tx.execute(sql`update people set language = ${language} where id = ${id}::uuid`);
    if (person.role === role) return undefined;
    await tx.execute(sql`update people set role = ${role} where id = ${id}::uuid`);
    return { now: { ...person, role }, event: person.disabled ? undefined : 'role_changed', action: 'role_changed', reason, at: now };
  });

/**
 * Shuts somebody out: their sessions end for good, and no code is sent to them. What they approved stays approved. Names their keys that are in use.
 * Throws as `changeRole` does.
 */
export const disableAccess = (world: World, { id, reason }: z.output<typeof ShutOutInput>, call: Call) =>
  change(world, id, call, async (tx, person, now) => {
    if (person.disabled) return undefined;
    await tx.execute(sql`update people set disabled_at = ${instantSql(now)} where id = ${id}::uuid`);
    await tx.execute(endSessionsSql(person.phoneHash, sql`true`, now));
    return { now: { ...person, disabled: true }, event: 'disabled', action: 'person_disabled', reason, at: now };
  });

/** Lets somebody in again, with the role that they had. Throws as `changeRole` does. */
export const enableAccess = (world: World, { id, reason }: z.output<typeof ShutOutInput>, call: Call) =>
  change(world, id, call, async (tx, person, now) => {
    if (!person.disabled) return undefined;
    await tx.execute(sql`update people set disabled_at = null where id = ${id}::uuid`);
    return { now: { ...person, disabled: false }, event: 'enabled', action: 'person_enabled', reason, at: now };
  });

/** What was changed: how the person stands now, what they are told, and what the audit trail has. */
type Changed = { now: Standing; event: AccessEvent | undefined; action: string; reason: string; at: Date };

/** Changes a person under the lock of all administrators, with their keys, the audit trail and the notice; where nothing changes, nothing is written. */
function change(
  { db, clock }: World,
  id: string,
  { caller, requestId }: Call,
  work: (tx: Tx, person: Standing, now: Date) => Promise<Changed | undefined>,
) {
  const now = clock.now();
  if (caller.id === `person:${id}`)
    throw new AppError('not_yourself', 'Nobody changes their own role or access: another administrator does it.');
  return db.transaction(async (tx) => {
    await lockAdministrators(tx, caller.id);
    const person = await lockPerson(tx, id);
    const changed = await work(tx, person, now);
    if (!changed) return { ...presentStanding(person), changed: false, keys: [] };
    const { role, disabled } = changed.now;
    const keys = await markMadeBy(tx, id, { isStaff: isStaff(changed.now), now });
    const before = { role: person.role, disabled: person.disabled };
    const after = { role, disabled, reason: changed.reason };
    await record(tx, { actor: caller.id, action: changed.action, subject: id, before, after, requestId, happenedAt: now });
    if (isStaff(changed.now)) await tx.execute(tellStaffSql('staff_joined', id, { by: caller.id, now }));
    if (changed.event) await promiseAccessNotice(tx, changed.event, id, now);
    return { ...presentStanding(changed.now), changed: true, keys: keys.map((key) => ({ keyId: key.id, name: key.name })) };
  });
}

const isStaff = ({ role, disabled }: Standing): boolean => role !== 'member' && !disabled;

async function lockPerson(tx: Tx, id: string): Promise<Standing> {
  const [person] = await readRows(
    tx,
    Standing,
    sql`select p.id, p.phone_hash, p.role, p.disabled_at is not null as disabled from people p where p.id = ${id}::uuid for update`,
  );
  if (!person) throw new AppError('person_not_found', 'There is no such person: GET /api/people lists them.');
  return person;
}

const presentStanding = ({ id, role, disabled }: Standing) => ({
  personId: id,
  role,
  state: disabled ? ('disabled' as const) : ('active' as const),
});
