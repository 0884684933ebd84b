import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { ROOT } from './bundle-functions.ts';

const Manifest = z.object({
  functions: z.array(
    z.object({
      name: z.string(),
      path: z.string(),
      runtimeVersion: z.string().optional(),
      routes: z.array(z.object({ pattern: z.string(), methods: z.array(z.string()) })).optional(),
      schedule: z.string().optional(),
      invocationMode: z.string().optional(),
      trafficRules: z
        .object({
          action: z.object({
            config: z.object({
              rateLimitConfig: z.object({ windowLimit: z.number(), windowSize: z.number() }),
              aggregate: z.object({ keys: z.array(z.object({ type: z.string() })) }),
            }),
          }),
        })
        .optional(),
    }),
  ),
});

/** What Netlify understood of a function. */
export type ManifestFunction = z.output<typeof Manifest>['functions'][number];

/** Makes what a deploy uploads, as Netlify's build does it: one artifact per function below `to`, zipped or as folders. Returns Netlify's manifest of them. */
export async function makeArtifacts(from: string, to: string, archiveFormat: 'zip' | 'none'): Promise<ManifestFunction[]> {
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { recursive: true });
  const { zipFunctions } = await import('@netlify/zip-it-and-ship-it');
  const manifest = path.join(to, 'manifest.json');
  await zipFunctions([from], to, { basePath: ROOT, archiveFormat, manifest });
  return Manifest.parse(JSON.parse(await readFile(manifest, 'utf8'))).functions;
}

/** One function as a folder, bundled from its source by Netlify's own bundler. */
export async function makeDefaultArtifact(source: string, to: string): Promise<string> {
  await mkdir(to, { recursive: true });
  const { zipFunction } = await import('@netlify/zip-it-and-ship-it');
  const made = await zipFunction(source, to, { basePath: ROOT, archiveFormat: 'none' });
  if (!made) throw new Error(`Netlify's bundler sees no function in ${source}.`);
  return made.path;
}

/**
 * Files below a folder of artifacts that hold one of the texts (secrets, folders of the machine that builds), in words. Netlify's manifest is not deployed, so
 * it is not searched.
 */
export async function findLeaks(folder: string, texts: string[]): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && entry.name !== 'manifest.json')
    .map((entry) => path.join(entry.parentPath, entry.name));
  const found = files.map(async (file) => {
    const content = await readFile(file, 'utf8');
    return texts
      .filter((text) => content.includes(text))
      .map((text) => `${path.relative(folder, file)} holds "${text}" of the machine that built it`);
  });
  return (await Promise.all(found)).flat();
}
