import { pathToFileURL } from 'node:url';
import { bundleFiles } from '../../dev/bundle/bundle-functions.ts';

/** A module of the product, bundled as functions are and loaded from the bundle. */
export async function loadBundled<Module>(source: string, to: string): Promise<Module> {
  const { files } = await bundleFiles([source], to);
  const [made] = files;
  if (!made) throw new Error(`${source} gave no bundle.`);
  return (await import(pathToFileURL(made.file).href)) as Module;
}
