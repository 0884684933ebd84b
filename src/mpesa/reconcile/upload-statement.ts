import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { recordSql } from '#ground/audit/record.ts';
import type { OpenCall } from '#ground/call.ts';
import { newId } from '#ground/db/columns.ts';
import { instantSql, readRows, rowOf } from '#ground/db/rows.ts';
import { AppError } from '#ground/errors.ts';
import { summonRuns } from '#ground/runs/hand-over.ts';
import { line } from '#ground/text/line.ts';
import type { App } from '../wiring/app.ts';
import { fileHash, isSamePartSql, keepPartSql, MOST_PARTS, PART_BYTES } from './keep-part.ts';
import { workStatements } from './work-statements.ts';

const file = z.instanceof(Uint8Array).refine((bytes) => bytes.length > 0, 'The body is empty: send the file itself.');

const PARTS = `says in how many parts of 4 MB the file comes: 1 to ${MOST_PARTS}`;

/** The file or its first part, the name it has, in how many parts it comes, and the short code it is about where it does not say so itself. */
export const UploadInput = z.strictObject({
  file,
  fileName: line(1, 150),
  parts: z.coerce.number(PARTS).int(PARTS).min(1, PARTS).max(MOST_PARTS, PARTS).default(1),
  shortcode: z
    .string()
    .regex(/^\d{5,8}$/, 'is a short code such as 600000')
    .optional(),
});

/** How to send a file that is larger than one request may be. */
export const LARGER_STATEMENT =
  'Send a larger file in parts of that size (?parts=3 with the first, then PUT /api/statements/<id>/parts/2 and so on), or import it with `npm run statement`.';

/** A further part of a file. */
export const PartInput = z.strictObject({ file, id: z.uuid(), part: z.coerce.number().int().min(2).max(MOST_PARTS) });

/** How long the request with the last part works on it: the job of each minute does the rest. */
const HEAD_START_MS = 8_000;

const Uploaded = z.object({ id: z.uuid(), state: z.string() });

/**
 * Takes an export of the M-PESA portal, or its first part. It is kept encrypted, read and compared afterwards, and books nothing before another person signs it off.
 * Throws `statement_known` for a file that was imported already.
 */
export async function uploadStatement(app: App, { file, fileName, parts, shortcode }: z.output<typeof UploadInput>, call: OpenCall) {
  if (parts > 1 && file.length < PART_BYTES / 4)
    throw new AppError('invalid_input', 'Send a file of this size in one part, and larger ones in parts of about 4 MB.');
  const id = newId();
  const now = app.clock.now();
  const hash = parts === 1 ? fileHash(file) : null;
  // the unique key of the hash decides which of two uploads at the same time is the first
  const [, , uploaded] = await app.db.batch([
    app.db.execute(sql`
    with made as (
      insert into statements (id, state, file_name, parts, file_hash, shortcode, uploaded_by, uploaded_at)
      values (${id}::uuid, ${parts === 1 ? 'waiting' : 'receiving'}, ${fileName}, ${parts}::int, ${hash}, ${shortcode ?? null}, ${call.caller.id}, ${instantSql(now)})
      on conflict (file_hash) where state not in ('refused', 'discarded') do nothing returning id, file_name
    ) ${recordSql({
      ...{
        actor: call.caller.id,
        action: 'statement_uploaded',
        subject: sql`id::text`,
        before: sql`null::jsonb`,
        after: sql`to_jsonb(file_name)`,
      },
      ...{ requestId: call.requestId, happenedAt: now, from: sql`made` },
    })}`),
    app.db.execute(keepPartSql(id, 1, file)),
    app.db.execute(sql`
    select id, state from statements where id = ${id}::uuid or file_hash = ${hash} and state not in ('refused', 'discarded')`),
  ]);
  const kept = rowOf(Uploaded, uploaded.rows);
  if (kept.id !== id) throw new AppError('statement_known', 'This very file was imported already: see it there.', { statementId: kept.id });
  if (parts === 1) call.later(() => begin(app, parts));
  return received(id, kept.state, parts, [1]);
}

/** Takes a further part of a file, in any order, each once; with the last one the file is read. Throws `part_differs` where that part was uploaded before with other content. */
export async function addStatementPart(app: App, { id, part, file }: z.output<typeof PartInput>, call: OpenCall) {
  const Row = z.object({ state: z.string(), parts: z.number(), uploadedBy: z.string(), received: z.array(z.number()), same: z.boolean() });
  const look = () =>
    readRows(
      app.db,
      Row,
      sql`
      select s.state, s.parts, s.uploaded_by, array(select p.part from statement_parts p where p.statement_id = s.id order by p.part) as received,
        ${isSamePartSql(id, part, file)} as same
      from statements s where s.id = ${id}::uuid`,
    );
  const [before] = await look();
  if (before?.uploadedBy !== call.caller.id || part > before.parts)
    throw new AppError('statement_not_found', 'You are not uploading a statement of that id with so many parts.');
  if (before.state === 'receiving') await app.db.execute(keepPartSql(id, part, file));
  const [after] = await look();
  if (!after?.same)
    throw new AppError('part_differs', `Part ${part} was uploaded before with other content: discard the statement and start again.`);
  const isWhole = after.received.length === after.parts;
  if (isWhole) await app.db.execute(sql`update statements set state = 'waiting' where id = ${id}::uuid and state = 'receiving'`);
  const state = isWhole && after.state === 'receiving' ? 'waiting' : after.state;
  if (state === 'waiting') call.later(() => begin(app, after.parts));
  return received(id, state, after.parts, after.received);
}

const received = (statementId: string, state: string, parts: number, received: number[]) => ({
  ...{ statementId, state, parts, received },
  partBytes: PART_BYTES,
});

/** A large file goes to the background function; a small one is often done before anybody looks. */
const begin = (app: App, parts: number): Promise<unknown> =>
  parts > 1 ? summonRuns(app) : workStatements(app, new Date(app.clock.now().getTime() + HEAD_START_MS));
