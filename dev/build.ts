import { bundleFunctions } from './bundle/bundle-functions.ts';

try {
  const files = await bundleFunctions();
  for (const { name, minifiedBytes } of files) console.log(`dist/functions/${name}.mjs  ${(minifiedBytes / 1000).toFixed(0)} kB`);
} catch (error) {
  console.error(`The build failed. ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
