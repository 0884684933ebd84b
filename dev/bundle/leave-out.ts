import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

type Rewrite = { what: string; filter: RegExp; to(source: string, path: string): string | Promise<string> };

/** Every export of a module replaced by a function that throws: for parts of libraries that nothing of ours reaches, but which they import. */
function throwing(source: string, path: string): string {
  const declared = [...source.matchAll(/^export (?:const|function|class) (\w+)/gm)].map(([, name]) => name);
  const listed = [...source.matchAll(/^export \{([^}]+)\}/gm)].flatMap(([, names = '']) => names.split(','));
  const names = new Set([...declared, ...listed.map((name) => name.trim().split(' as ').pop())].filter(Boolean));
  const file = path.split('node_modules/').pop();
  return `function gone() { throw new Error(${JSON.stringify(`${file} was left out of the bundle: see dev/bundle/leave-out.ts`)}); }
export { ${[...names].map((name) => `gone as ${name}`).join(', ')} };`;
}

/** The driver carries a Buffer for browsers that it takes only where there is none: on Node that part is unreachable, which a bundler cannot see. */
function driverForNode(source: string): string {
  const choice =
    /typeof globalThis\.Buffer=="function"&&typeof globalThis\.Buffer\.\s*allocUnsafe=="function"\?globalThis\.Buffer:\w+\(\)\.Buffer/;
  if (!choice.test(source)) throw new Error('The Neon driver no longer chooses its Buffer as dev/bundle/leave-out.ts knows it.');
  return source.replace(choice, 'globalThis.Buffer').replace(/=([TV])\(/g, '=/* @__PURE__ */$1(');
}

/** Numbering plans of all countries but Kenya: other countries' numbers are refused anyhow. */
async function kenyaOnly(path: string): Promise<string> {
  const { version, countries } = JSON.parse(await readFile(path.replace(/\.js$/, ''), 'utf8'));
  if (!countries.KE) throw new Error('libphonenumber-js no longer lists Kenya as dev/bundle/leave-out.ts knows it.');
  return `export default ${JSON.stringify({ version, country_calling_codes: { 254: ['KE'] }, countries: { KE: countries.KE }, nonGeographic: {} })}`;
}

const REWRITES: Rewrite[] = [
  { what: 'JSON Schema from zod', filter: /[\\/]zod[\\/]v4[\\/]core[\\/]to-json-schema\.js$/, to: throwing },
  { what: 'JSON Schema from zod, type by type', filter: /[\\/]zod[\\/]v4[\\/]core[\\/]json-schema-processors\.js$/, to: throwing },
  { what: 'columns by callback', filter: /[\\/]drizzle-orm[\\/]pg-core[\\/]columns[\\/]all\.js$/, to: throwing },
  { what: 'relational queries', filter: /[\\/]drizzle-orm[\\/]pg-core[\\/]query-builders[\\/]query\.js$/, to: throwing },
  { what: 'relations', filter: /[\\/]drizzle-orm[\\/]relations\.js$/, to: throwing },
  { what: 'materialised views', filter: /[\\/]pg-core[\\/]query-builders[\\/]refresh-materialized-view\.js$/, to: throwing },
  { what: 'Buffer for browsers', filter: /[\\/]@neondatabase[\\/]serverless[\\/]index\.mjs$/, to: driverForNode },
  {
    what: 'phone numbers of other countries',
    filter: /[\\/]libphonenumber-js[\\/]metadata\.mobile\.json\.js$/,
    to: (_, path) => kenyaOnly(path),
  },
];

/** Leaves out of a bundle what can never run in it. `unmatched` names what was not met: a library has changed its files. */
export function leaveOut(): { plugin: Plugin; unmatched(): string[] } {
  const met = new Set<string>();
  const plugin: Plugin = {
    name: 'leave-out',
    setup(build) {
      for (const { what, filter, to } of REWRITES) {
        build.onLoad({ filter }, async ({ path }) => {
          met.add(what);
          return { contents: await to(await readFile(path, 'utf8'), path) };
        });
      }
    },
  };
  return { plugin, unmatched: () => REWRITES.map(({ what }) => what).filter((what) => !met.has(what)) };
}
