import type { oas31 } from 'zod-openapi';
import type { Document } from './document.ts';
import { exampleOf } from './example.ts';

const SCHEMA = 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json';

const METHODS = ['get', 'post', 'put'] as const;

/** The description as a Postman collection (v2.1): a folder for each part, a request for each operation, with an example of its body. Safaricom's are left out. */
export function makePostman(document: Document): object {
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => (item?.[method] ? [{ path, method, operation: item[method] }] : [])),
  );
  const folders = (document.tags ?? []).map(({ name, description }) => ({
    ...{ name, description },
    item: operations
      .filter(({ operation, path }) => operation.tags?.includes(name) && !path.includes('{token}'))
      .map(({ path, method, operation }) => request(path, method, operation)),
  }));
  return {
    info: { name: document.info.title, description: document.info.description, schema: SCHEMA },
    auth: { type: 'bearer', bearer: [{ key: 'token', value: '{{token}}', type: 'string' }] },
    variable: [
      { key: 'site', value: 'http://127.0.0.1:8888', description: 'Where the site is.' },
      { key: 'token', value: '', description: 'An API key, or the token of a session.' },
    ],
    item: folders.filter(({ item }) => item.length > 0),
  };
}

function request(path: string, method: string, { summary, description, parameters = [], requestBody, security }: oas31.OperationObject) {
  const of = (where: string) => parameters.filter((each): each is oas31.ParameterObject => 'in' in each && each.in === where);
  const segments = path
    .slice(1)
    .replaceAll(/\{(\w+)\}/g, ':$1')
    .split('/');
  const query = of('query').map(({ name, description: says }) => ({ key: name, value: '', description: says, disabled: true }));
  return {
    name: summary,
    request: {
      method: method.toUpperCase(),
      description,
      ...(security?.some((each) => Object.keys(each).length === 0) && { auth: { type: 'noauth' } }),
      header: of('header').map(({ name, description: says }) => ({ key: name, value: '{{$guid}}', description: says, disabled: true })),
      url: {
        raw: `{{site}}/${segments.join('/')}`,
        ...{ host: ['{{site}}'], path: segments, query },
        variable: of('path').map(({ name }) => ({ key: name.replace(/\..*/, ''), value: '' })),
      },
      ...(requestBody && 'content' in requestBody && { body: bodyOf(requestBody) }),
    },
  };
}

function bodyOf({ content }: oas31.RequestBodyObject) {
  const json = content['application/json'];
  if (!json) return { mode: 'file', file: { src: '' } };
  const raw = JSON.stringify(exampleOf(json.schema as oas31.SchemaObject), null, 2);
  return { mode: 'raw', raw, options: { raw: { language: 'json' } } };
}
