import type { oas31 } from 'zod-openapi';

const ID = '01930000-0000-7000-8000-000000000001';

const TEXTS: Record<string, string> = { uuid: ID, date: '2026-11-30', 'date-time': '2026-11-30T08:00:00Z', email: 'wanjiku@example.com' };

const FIELDS: Record<string, unknown> = {
  ...{ phoneNumber: '0712 345 678', sku: 'coffee', amount: 100, language: 'en', code: '123456', nationalId: '21000001' },
  ...{ receipt: 'UKL7XYZ123', url: 'https://shop.example/malipo' },
};

/** An example of what a schema takes: what it requires, of a union its first shape. */
export function exampleOf(schema: oas31.SchemaObject, name = ''): unknown {
  const first = (schema.oneOf ?? schema.anyOf)?.[0] as oas31.SchemaObject | undefined;
  if (first) return exampleOf(first, name);
  if ('const' in schema) return schema.const;
  if ('default' in schema) return schema.default;
  if (schema.enum) return schema.enum[0];
  if (name in FIELDS) return FIELDS[name];
  switch (schema.type) {
    case 'object': {
      const needed = Object.entries(schema.properties ?? {}).filter(([field]) => schema.required?.includes(field));
      return Object.fromEntries(needed.map(([field, of]) => [field, exampleOf(of as oas31.SchemaObject, field)]));
    }
    case 'array':
      return [exampleOf((schema.items ?? {}) as oas31.SchemaObject)];
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'boolean':
      return true;
    case 'string':
      return TEXTS[schema.format ?? ''] ?? '...';
    default:
      return null;
  }
}
