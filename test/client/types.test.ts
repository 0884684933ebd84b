import { expect, test } from 'vitest';
import { printClientTypes } from '../../dev/openapi/client-types.ts';
import { makeDocument } from '../../dev/openapi/document.ts';

test("the client's types are those of the API's description", async () => {
  await expect(printClientTypes(await makeDocument())).toMatchFileSnapshot('../../client/src/api.ts');
}, 120_000);
