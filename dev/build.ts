import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bundleFunctions, ROOT } from './bundle/bundle-functions.ts';
import { makePages } from './openapi/make-pages.ts';

try {
  const files = await bundleFunctions();
  for (const { name, minifiedBytes } of files) console.log(`dist/functions/${name}.mjs  ${(minifiedBytes / 1000).toFixed(0)} kB`);
  for (const [name, text] of Object.entries(await makePages())) {
    await writeFile(path.join(ROOT, 'site', name), text);
    console.log(`site/${name}  ${(text.length / 1000).toFixed(0)} kB`);
  }
} catch (error) {
  console.error(`The build failed. ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
