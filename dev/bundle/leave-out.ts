import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

type Rewrite = { what: string; filter: RegExp; to(source: string, path: string): string | Promise<string> };

/** Replaces every export of a module by a function that throws: for parts that a library imports and that nothing of ours reaches. */
function throwing(source: string, path: string): string {
  const declared = [...source.matchAll(/^export (?:const|function|class) (\w+)/gm)].map(([, name]) => name);
  const listed = [...source.matchAll(/^export \{([^}]+)\}/gm)].flatMap(([, names = '']) => names.split(','));
  const names = new Set([...declared, ...listed.map((name) => name.trim().split(' as ').pop())].filter(Boolean));
  const file = path.split('node_modules/').pop();
  return `function gone() { throw new Error(${JSON.stringify(`${file} was left out of the bundle: see dev/bundle/leave-out.ts`)}); }
export { ${[...names].map((name) => `gone as ${name}`).join(', ')} };`;
}

/**
 * Parts of the Neon driver for other platforms than Node, or for what we never do: its own Buffer, events and cryptography, PostgreSQL's native client, and
 * password files, which it cannot read anyhow. A bundler cannot see that nothing reaches them. Each is replaced where it is used, so that nothing refers to it
 * any more.
 */
const TAKEN: { what: string; where: RegExp; instead: string }[] = [
  {
    what: 'Buffer',
    where:
      /typeof globalThis\.Buffer=="function"&&typeof globalThis\.Buffer\.\s*allocUnsafe=="function"\?globalThis\.Buffer:[\w$]+\(\)\.Buffer/,
    instead: 'globalThis.Buffer',
  },
  {
    what: 'native client',
    where:
      /typeof [\w$]+\.env\.NODE_PG_FORCE_NATIVE<\s*"u"\?([\w$]+)\.exports=new [\w$]+\([\w$]+\(\)\):\(\1\.exports=(new [\w$]+\([\w$]+\)),Object\.\s*defineProperty\(\1\.exports,"native",[\s\S]*?\}\)\)(?=\}\))/,
    instead: '$1.exports=$2',
  },
];

/** Modules of the driver, found by words in them: each name is given to another module instead. */
const MODULES: { what: string; words: RegExp; exports: string }[] = [
  { what: 'events', words: /MaxListenersExceededWarning/, exports: 'require("node:events")' },
  { what: 'password files', words: /\.usePgPass\(/, exports: '(_,then)=>then()' },
];

function driverForNode(source: string): string {
  const strange = (what: string) => new Error(`The Neon driver no longer carries its ${what} as dev/bundle/leave-out.ts knows it.`);
  let driver = source;
  for (const { what, where, instead } of TAKEN) {
    if (!where.test(driver)) throw strange(what);
    driver = driver.replace(where, instead);
  }
  for (const { what, words, exports } of MODULES) {
    const before = driver.slice(0, Math.max(0, driver.search(words)));
    const opening = [...before.matchAll(/var ([\w$]+)=(T\(\(([\w$]+),([\w$]+)\)=>\{)/g)].at(-1);
    if (!opening) throw strange(what);
    const [text, name, open, , module] = opening;
    const other = `var ${name}=${open}${module}.exports=${exports}}),unused_${name}=${open}`;
    driver = before.slice(0, opening.index) + other + driver.slice(opening.index + text.length);
  }
  const [, cryptography] = /([\w$]+)=\{\};se\(\1,\{createHash:/.exec(driver) ?? [];
  if (!cryptography) throw strange('cryptography');
  driver = driver.replace(new RegExp(`\\([\\w$]+\\(\\),O\\(${cryptography.replaceAll('$', '\\$')}\\)\\)`, 'g'), 'require("node:crypto")');
  return driver.replace(/=([TV])\(/g, '=/* @__PURE__ */$1(');
}

/** Methods of drizzle's dialect that only relational queries and migrations call. */
function withoutUncalled(source: string): string {
  return ['buildRelationalQueryWithoutPK', 'async migrate'].reduce((dialect, method) => {
    const whole = new RegExp(`^  ${method}\\([\\s\\S]*?^  \\}\\n`, 'm');
    if (!whole.test(dialect)) throw new Error(`drizzle-orm's dialect has no ${method} as dev/bundle/leave-out.ts knows it.`);
    return dialect.replace(whole, '');
  }, source);
}

/** Keeps only Kenya's numbering plan: other countries' numbers are refused anyhow. */
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
  { what: 'what relational queries and migrations call', filter: /[\\/]drizzle-orm[\\/]pg-core[\\/]dialect\.js$/, to: withoutUncalled },
  { what: 'materialised views', filter: /[\\/]pg-core[\\/]query-builders[\\/]refresh-materialized-view\.js$/, to: throwing },
  { what: 'the driver where it is for browsers', filter: /[\\/]@neondatabase[\\/]serverless[\\/]index\.mjs$/, to: driverForNode },
  {
    what: 'phone numbers of other countries',
    filter: /[\\/]libphonenumber-js[\\/]metadata\.mobile\.json\.js$/,
    to: (_, path) => kenyaOnly(path),
  },
  // axios has it for the files of forms; mail goes as JSON
  { what: 'types of files by their endings', filter: /[\\/]mime-db[\\/]index\.js$/, to: () => 'module.exports = {};' },
];

/** Leaves out of a bundle what can never run in it. `unmatched` names what was not found, because a library has changed its files. */
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
