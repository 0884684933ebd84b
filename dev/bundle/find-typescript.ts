import { createRequire, registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

const fromNetlify = createRequire(createRequire(import.meta.resolve('@netlify/zip-it-and-ship-it')).resolve('precinct'));

/** Lets Netlify's bundler find the TypeScript it was made for: one of its parts would otherwise load ours, which has no such interface. */
export function findTypeScriptForNetlify(): void {
  const url = pathToFileURL(fromNetlify.resolve('typescript')).href;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'typescript' && context.parentURL?.includes('/ts-api-utils/')
        ? { url, format: 'commonjs', shortCircuit: true }
        : next(specifier, context),
  });
}
