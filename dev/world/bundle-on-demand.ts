import { type FSWatcher, readdirSync, watch } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BuildContext, build, context } from 'esbuild';
import { bundlerOptions, LAZY_ENTRIES, ROOT } from '../bundle/bundle-functions.ts';

const SOURCES = ['src', 'netlify/functions'];

export type Bundler = {
  /** A request to `url` + the name of a function is answered with the address of its current bundle, or with what is wrong in its sources. */
  url: string;
  stop(): Promise<void>;
};

/**
 * Bundles a function into `to` when it is asked for, and again once a source has changed since: for `npm run dev`. Calls `changed` with each source that
 * changes.
 */
export async function bundleOnDemand(to: string, changed: (file: string) => void, root = ROOT): Promise<Bundler> {
  const bundled = new Map<string, Promise<Bundle>>();
  let edition = 1;
  const watchers = new Map<string, FSWatcher>();
  // folder by folder: Node's own recursive watch loses a file that is replaced, as editors and git do
  const watchFolder = (folder: string) => {
    const own = watch(path.join(root, folder), (_, file) => {
      edition += 1;
      if (file) changed(path.join(folder, file));
      watchWithin(folder);
    });
    watchers.set(
      folder,
      own.on('error', () => own.close()),
    );
    watchWithin(folder);
  };
  const watchWithin = (folder: string) => {
    for (const entry of readdirSync(path.join(root, folder), { withFileTypes: true }))
      if (entry.isDirectory() && !watchers.has(path.join(folder, entry.name))) watchFolder(path.join(folder, entry.name));
  };
  for (const folder of SOURCES) watchFolder(folder);
  const begin = async (name: string): Promise<Bundle> => {
    const { options } = bundlerOptions([path.join(root, 'netlify/functions', `${name}.ts`)], to);
    return { bundler: await context({ ...options, minify: false, sourcemap: 'inline' }), edition: 0 };
  };
  const bundle = async (name: string): Promise<string> => {
    const before = bundled.get(name) ?? begin(name);
    const next = before.then((last) => renew(last, edition));
    // keep the last bundle: what is wrong in a source is mended by its next change
    const kept = next.catch(() => before);
    kept.catch(() => bundled.delete(name)); // it could not even begin
    bundled.set(name, kept);
    return `${pathToFileURL(path.join(to, `${name}.mjs`)).href}?${(await next).edition}`;
  };
  await build({ ...bundlerOptions([], to).options, entryPoints: LAZY_ENTRIES });

  const server = createServer((request, response) => {
    bundle(request.url?.slice(1) ?? '').then(
      (address) => response.end(address),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async stop() {
      for (const watcher of watchers.values()) watcher.close();
      server.closeAllConnections();
      server.close();
      for (const last of bundled.values()) await (await last).bundler.dispose();
    },
  };
}

/** The bundle of a function, as its sources were when the edition began. */
type Bundle = { bundler: BuildContext; edition: number };

async function renew(last: Bundle, edition: number): Promise<Bundle> {
  if (last.edition === edition) return last;
  await last.bundler.rebuild();
  return { bundler: last.bundler, edition };
}
