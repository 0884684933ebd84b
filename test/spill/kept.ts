import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { keepTold } from '#mpesa/spill/keep-told.ts';
import type { Told } from '#mpesa/spill/seal-told.ts';
import { spillName } from '#mpesa/spill/spill-store.ts';
import type { World } from '../world/world.ts';

/** The folder in which the local Blobs keep the spill of this world. */
export const spillFolder = ({ app, blobsFolder }: World): string =>
  path.join(String(blobsFolder), 'entries', 'local', `site:${spillName(app.config)}`);

/** The keys of what is kept. */
export const keptKeys = (world: World): string[] => (existsSync(spillFolder(world)) ? readdirSync(spillFolder(world)).sort() : []);

let made = 0;

/** A subject that nobody knows. */
export const someId = (): string => `01930000-0000-7000-8000-${(++made).toString(16).padStart(12, '0')}`;

/** Keeps a callback as one is kept that the database could not take. */
export const keep = (world: World, told: Partial<Told> & Pick<Told, 'way' | 'body'>) =>
  keepTold(world.app, { subjectId: someId(), arrivedAt: world.clock.now(), ...told });
