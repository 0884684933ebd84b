import { copyFile, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { stop as stopBundler } from 'esbuild';
import { bundleFunctions, ROOT } from '../bundle/bundle-functions.ts';
import { type Bundler, bundleOnDemand } from './bundle-on-demand.ts';

/** The variable with the address of the functions' bundles; the stubs that Netlify's runtime loads read it at each call. */
const BUNDLES_VARIABLE = 'MALIPO_LOCAL_BUNDLES';

/** The variable with the address of the bundler that bundles on demand; stubs that use it do not use the other. */
const BUNDLER_VARIABLE = 'MALIPO_LOCAL_BUNDLER';

/** A folder that Netlify's local runtime takes for the project, and one inside it for pages of the local world only. */
export type Project = { root: string; extraPages: string; bundler?: Bundler };

/**
 * Lays out a project folder of the local world's own: the settings and pages of the real one, and for each function a stub with its route. The runtime packs a
 * function anew at every call, which takes seconds for ours and is instant for a stub; the stub loads the code that is deployed, in bundles that share what they have in common. With `changed`, which
 * is called for each changed source, the stub loads a bundle of the sources as they are then.
 */
export async function prepareFunctions(root: string, changed?: (file: string) => void): Promise<Project> {
  const stubs = path.join(root, 'netlify/functions');
  const extraPages = path.join(root, 'extra');
  await rm(root, { recursive: true, force: true });
  await mkdir(stubs, { recursive: true });
  await mkdir(extraPages);
  await copyFile(path.join(ROOT, 'netlify.toml'), path.join(root, 'netlify.toml'));
  await symlink(path.join(ROOT, 'site'), path.join(root, 'site'), 'dir');
  const sources = path.join(ROOT, 'netlify/functions');
  const bundles = path.join(root, 'bundles');
  const names = await readdir(sources);
  const bundler = changed && (await bundleOnDemand(bundles, changed));
  if (!bundler) {
    await bundleFunctions(bundles, { shared: true });
    await stopBundler(); // its process would wait for more work
  }
  for (const file of names)
    await writeFile(path.join(stubs, file.replace(/\.ts$/, '.mjs')), await stubFor(path.join(sources, file), bundler !== undefined));
  process.env[BUNDLES_VARIABLE] = `${pathToFileURL(bundles).href}/`;
  if (bundler) process.env[BUNDLER_VARIABLE] = bundler.url;
  return { root, extraPages, ...(bundler && { bundler }) };
}

/** The config is copied as text: Netlify reads it without running the file, so it is literals only. */
async function stubFor(source: string, onDemand: boolean): Promise<string> {
  const config = /^export const config: Config = (\{.*?\});$/ms.exec(await readFile(source, 'utf8'))?.[1];
  if (config === undefined) throw new Error(`${source} has no "export const config: Config = {...};" of literals.`);
  const name = path.basename(source, '.ts');
  const load = onDemand
    ? `const told = await fetch(process.env.${BUNDLER_VARIABLE} + '${name}');
if (!told.ok) throw new Error(await told.text());
const { default: handle } = await import(await told.text());`
    : `const { default: handle } = await import(process.env.${BUNDLES_VARIABLE} + '${name}.mjs');`;
  return `${load}\nexport default handle;\nexport const config = ${config};\n`;
}
