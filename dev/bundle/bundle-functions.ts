import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { isPreview } from '#ground/config/site.ts';
import { expectations } from './expectations.ts';
import { leaveOut } from './leave-out.ts';

/** The repository. */
export const ROOT = path.resolve(import.meta.dirname, '../..');

/** One bundled function, sizes in bytes. */
export type Bundled = { name: string; file: string; minifiedBytes: number; gzipBytes: number };

/** Some libraries are CommonJS and ask for Node's own modules by `require`. */
const REQUIRE = "import{createRequire as malipoCreateRequire}from'node:module';const require=malipoCreateRequire(import.meta.url);";

/** Code that gives a preview's functions their deploy's address, which Netlify sets while it builds but not when functions run; empty for other deploys. */
export function ownAddress({ CONTEXT = '', DEPLOY_PRIME_URL }: NodeJS.ProcessEnv): string {
  if (!isPreview(CONTEXT) || DEPLOY_PRIME_URL === undefined) return '';
  return `Object.assign(process.env,${JSON.stringify({ CONTEXT, DEPLOY_PRIME_URL })});`;
}

/**
 * What functions load only when needed: to ask Netlify Blobs, to read a spreadsheet or a table, or for the words of all kinds of task, which are data alone. It lies
 * beside the bundles, once, and costs a cold start nothing. With where each is found, where that is not by its name.
 */
const LAZY = {
  '@netlify/blobs': 'lazy/blobs',
  '@e965/xlsx': 'lazy/xlsx',
  'csv-parse/sync': 'lazy/csv',
  '#desk/tasks/words-of.ts': 'lazy/task-words',
} as const;
const FOUND: Record<string, string> = { '#desk/tasks/words-of.ts': 'src/desk/tasks/words-of.ts' };

const lazily: Plugin = {
  name: 'lazily',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^[@#\w]/ }, ({ kind, path: library }) =>
      kind === 'dynamic-import' && Object.hasOwn(LAZY, library)
        ? { path: `./${LAZY[library as keyof typeof LAZY]}.mjs`, external: true }
        : undefined,
    ),
};

/**
 * Options that bundle each entry file into one module, which needs only the lazily loaded libraries beside it. `unmatched` names what was to be left out and
 * was not found.
 */
export function bundlerOptions(entryPoints: readonly string[], to: string, environment: NodeJS.ProcessEnv = process.env) {
  const { plugin, unmatched } = leaveOut();
  const options = {
    absWorkingDir: ROOT,
    entryPoints: entryPoints.map((file) => ({ in: file, out: path.parse(file).name })),
    outdir: to,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    minify: true,
    legalComments: 'none',
    banner: { js: REQUIRE + ownAddress(environment) },
    plugins: [plugin, lazily],
    logLevel: 'silent',
  } satisfies BuildOptions;
  return { options, unmatched };
}

/** The libraries that lie beside the bundles, as entry points. */
export const LAZY_ENTRIES = Object.entries(LAZY).map(([library, file]) => ({ in: FOUND[library] ?? library, out: file }));

/** `shared`: what several of them use lies beside them once, and nothing is minified. That is ten times faster, and for one machine alone: a cold start would have more files to read. */
type How = { shared?: boolean; environment?: NodeJS.ProcessEnv };

/** Bundles entry files. Throws on any error or warning of the bundler. */
export async function bundleFiles(
  entryPoints: string[],
  to: string,
  { shared = false, environment = process.env }: How = {},
): Promise<{ files: Bundled[]; unmatched: string[] }> {
  const { options, unmatched } = bundlerOptions(entryPoints, to, environment);
  const all = { ...options, entryPoints: [...options.entryPoints, ...LAZY_ENTRIES], splitting: shared, minify: !shared };
  const { outputFiles, warnings } = await build({ ...all, write: false });
  if (warnings.length > 0)
    throw new Error(`The bundler warns: ${warnings.map(({ text, location }) => `${text} (${location?.file})`).join('; ')}`);
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { recursive: true });
  await mkdir(path.join(to, 'lazy'), { recursive: true });
  for (const { path: file, contents } of outputFiles) await writeFile(file, contents);
  const own = outputFiles.filter(({ path: file }) => path.basename(path.dirname(file)) !== 'lazy');
  const files = own.map(({ path: file, contents }) => ({
    name: path.basename(file, '.mjs'),
    file,
    minifiedBytes: contents.length,
    gzipBytes: gzipSync(contents).length,
  }));
  return { files, unmatched: unmatched() };
}

/** Bundles every file of netlify/functions into `to`. Throws when anything is amiss, and then leaves no bundle that could be deployed. */
export async function bundleFunctions(to = path.join(ROOT, 'dist/functions'), how: How = {}): Promise<Bundled[]> {
  const from = path.join(ROOT, 'netlify/functions');
  await rm(to, { recursive: true, force: true });
  const sources = await readdir(from);
  const strangers = sources.filter((name) => !/^[a-z0-9-]+\.ts$/.test(name));
  if (strangers.length > 0) throw new Error(`Not a function file: netlify/functions/${strangers.join(', ')}`);
  const { files, unmatched } = await bundleFiles(
    sources.map((name) => path.join(from, name)),
    to,
    how,
  );
  if (unmatched.length === 0) return files;
  await rm(to, { recursive: true, force: true });
  throw new Error(
    `Nothing was found to leave out for: ${unmatched.join(', ')}. A library has changed its files: mend dev/bundle/leave-out.ts.`,
  );
}

/** The bundles that are larger than allowed, in words. A cold start has to read the whole bundle. */
export function tooLarge(bundled: Bundled[]): string[] {
  return bundled.flatMap(({ name, minifiedBytes }) => {
    const { largestBytes } = expectations[name] ?? {};
    if (largestBytes === undefined) return [`${name}: has no row in dev/bundle/expectations.ts`];
    return minifiedBytes > largestBytes ? [`${name}: ${minifiedBytes} bytes minified, ${largestBytes} are allowed`] : [];
  });
}
