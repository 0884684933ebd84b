import { makeDocument } from './document.ts';
import type { MadePage } from './made-pages.ts';
import { makePostman } from './postman.ts';
import { readScalarScript } from './scalar.ts';

/** Makes what is served of the API's description: itself, a Postman collection of it, and the script that shows it. */
export async function makePages(): Promise<Record<MadePage, string>> {
  const document = await makeDocument();
  return {
    'openapi.json': JSON.stringify(document),
    'malipo.postman_collection.json': JSON.stringify(makePostman(document), null, 2),
    'reference.js': await readScalarScript(),
  };
}
