import { copyFile, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { stop as stopBundler } from 'esbuild';
import { bundleFunctions, ROOT } from '../bundle/bundle-functions.ts';

/** Where the bundles of the functions are, as an address; the stubs that Netlify's runtime loads read it at each call. */
const BUNDLES_VARIABLE = 'MALIPO_LOCAL_BUNDLES';

/** A folder that Netlify's local runtime takes for the project, and one inside it for pages of the local world only. */
export type Project = { root: string; extraPages: string };

/**
 * Lays out a project folder of the local world's own: the settings and pages of the real one, and for each function a stub with its route. The runtime packs a
 * function anew at every call, which takes seconds for ours and is instant for a stub; the stub loads the same bundle that is deployed.
 */
export async function prepareFunctions(root: string): Promise<Project> {
  const stubs = path.join(root, 'netlify/functions');
  const extraPages = path.join(root, 'extra');
  await rm(root, { recursive: true, force: true });
  await mkdir(stubs, { recursive: true });
  await mkdir(extraPages);
  await copyFile(path.join(ROOT, 'netlify.toml'), path.join(root, 'netlify.toml'));
  await symlink(path.join(ROOT, 'site'), path.join(root, 'site'), 'dir');
  const sources = path.join(ROOT, 'netlify/functions');
  const bundles = path.join(root, 'bundles');
  const [names] = await Promise.all([readdir(sources), bundleFunctions(bundles)]);
  await stopBundler(); // its process would wait for more work
  for (const file of names) await writeFile(path.join(stubs, file.replace(/\.ts$/, '.mjs')), await stubFor(path.join(sources, file)));
  process.env[BUNDLES_VARIABLE] = `${pathToFileURL(bundles).href}/`;
  return { root, extraPages };
}

/** The config is copied as text: Netlify reads it without running the file, so it is literals only. */
async function stubFor(source: string): Promise<string> {
  const config = /^export const config: Config = (\{.*?\});$/ms.exec(await readFile(source, 'utf8'))?.[1];
  if (config === undefined) throw new Error(`${source} has no "export const config: Config = {...};" of literals.`);
  const bundle = `${path.basename(source, '.ts')}.mjs`;
  return `const { default: handle } = await import(process.env.${BUNDLES_VARIABLE} + '${bundle}');\nexport default handle;\nexport const config = ${config};\n`;
}
