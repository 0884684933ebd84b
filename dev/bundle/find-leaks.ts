import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** Files below a folder of artifacts that hold one of the texts (secrets, folders of the machine that builds), in words. Netlify's manifest stays at home and is not looked at. */
export async function findLeaks(folder: string, texts: string[]): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && entry.name !== 'manifest.json')
    .map((entry) => path.join(entry.parentPath, entry.name));
  const found = files.map(async (file) => {
    const content = await readFile(file, 'utf8');
    return texts
      .filter((text) => content.includes(text))
      .map((text) => `${path.relative(folder, file)} holds "${text}" of the machine that built it`);
  });
  return (await Promise.all(found)).flat();
}
