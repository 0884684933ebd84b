import { rename, writeFile } from 'node:fs/promises';

/** Writes what the functions are configured with into a file that `node --env-file` reads, for their owner only: the commands of an operator need the same. */
export async function keepSettings(file: string, environment: Record<string, string>): Promise<void> {
  const lines = Object.entries(environment).map(([name, value]) => `${name}=${JSON.stringify(value)}\n`);
  await writeFile(`${file}.new`, lines.join(''), { mode: 0o600 });
  await rename(`${file}.new`, file);
}
