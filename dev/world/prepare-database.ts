import pg from 'pg';
import type * as z from 'zod';
import type { Call } from '#ground/call.ts';
import { claimEnvironment } from '#ground/db/claim-environment.ts';
import { connect } from '#ground/db/client.ts';
import { migrate } from '#ground/db/migrate.ts';
import type { Db } from '#ground/db/types.ts';
import { createApiKey, listApiKeys } from '#people/auth/api-keys.ts';
import { findKeyHolder } from '#people/auth/find-key-holder.ts';
import { SCOPES } from '#people/auth/rights.ts';
import { roleOfSql } from '#people/people/authenticate.ts';
import { putProducts } from '#sacco/loans/loan-products.ts';
import { loanProducts } from '#sacco/loans/loans.schema.ts';
import { PutProductsInput } from '#sacco/loans/product-input.ts';
import { items } from '#shop/orders/orders.schema.ts';
import { PutItemsInput, putItems } from '#shop/orders/price-list.ts';
import type { NeonEndpoint } from '../neon-endpoint.ts';
import { SAMPLE_PRODUCTS } from './sample-products.ts';

/** What the local shop sells: something of each VAT class that a shop meets, a price with cents, a donation, and fees that are held. */
const SAMPLE_ITEMS: z.input<typeof PutItemsInput>['items'] = [
  { sku: 'coffee', name: 'Coffee beans, 250 g', kind: 'product', price: 650, vatClass: 'B' },
  { sku: 'tea', name: 'Kericho tea, 100 bags', kind: 'product', price: 320, vatClass: 'B' },
  { sku: 'mug', name: 'Enamel mug', kind: 'product', price: 449.5, vatClass: 'B' },
  { sku: 'maize-flour', name: 'Maize flour, 2 kg', kind: 'product', price: 210, vatClass: 'C' },
  { sku: 'honey', name: 'Honey from Kitui, 500 g', kind: 'product', price: 580, vatClass: 'A' },
  { sku: 'harambee', name: 'Gift to the school fund', kind: 'donation', min: 10, max: 50_000, vatClass: 'D' },
  { sku: 'match', name: 'Fee for finding a tutor', kind: 'booking_fee', price: 1_000, vatClass: 'B' },
  { sku: 'deposit', name: 'Deposit for the hall', kind: 'booking_fee', price: 2_500, vatClass: 'E' },
];

const DATABASE = 'malipo';
const clock = { now: () => new Date() };

/**
 * Makes the database of the local world, brings it to the newest schema, and fills an empty price list and an empty list of loan products. Returns its
 * connection string.
 */
export async function prepareDatabase(postgresUrl: string, endpoint: NeonEndpoint): Promise<string> {
  await createDatabase(postgresUrl);
  const url = endpoint.url(DATABASE);
  await migrate(url, { environment: 'sandbox' });
  await claim(postgresUrl);
  await withDatabase(url, async (db) => {
    const call: Call = { requestId: 'sample', caller: { id: 'sample', scopes: SCOPES }, address: '127.0.0.1' };
    const [item] = await db.select({ sku: items.sku }).from(items).limit(1);
    if (!item) await putItems({ db, clock }, PutItemsInput.parse({ items: SAMPLE_ITEMS }), call);
    const [product] = await db.select({ code: loanProducts.code }).from(loanProducts).limit(1);
    if (!product) await putProducts({ db, clock }, PutProductsInput.parse({ products: SAMPLE_PRODUCTS }), call);
  });
  return url;
}

/** An API key with every right: the given one, if the database knows it and its maker, else a new one. `createdBy` is the id of the person who makes it. */
export async function operatorKey(url: string, known: string | undefined, createdBy: string | undefined): Promise<string> {
  return withDatabase(url, async (db) => {
    if (known !== undefined && (await isKnown(db, known))) return known;
    const maker = createdBy && `person:${createdBy}`;
    const { token } = await createApiKey(db, {
      name: 'operator of the local world',
      scopes: [...SCOPES],
      createdBy: maker,
      now: clock.now(),
    });
    return token;
  });
}

async function isKnown(db: Db, token: string): Promise<boolean> {
  const holder = await findKeyHolder({ db, clock }, token, roleOfSql);
  if (!holder || !SCOPES.every((scope) => holder.scopes.includes(scope))) return false;
  return (await listApiKeys(db)).some(({ id, createdBy }) => holder.id === `key:${id.replaceAll('-', '')}` && createdBy !== null);
}

/** Opens the database for some work and closes it after. */
export async function withDatabase<T>(url: string, work: (db: Db) => Promise<T>): Promise<T> {
  const db = connect(url);
  try {
    return await work(db);
  } finally {
    await db.close();
  }
}

/** Claims the database for the sandbox: that of an earlier release may belong to nobody yet, and no real money ever comes here. */
async function claim(postgresUrl: string): Promise<void> {
  const address = new URL(postgresUrl);
  address.pathname = `/${DATABASE}`;
  const client = new pg.Client(address.href);
  await client.connect();
  try {
    await claimEnvironment(client, 'sandbox', clock.now());
  } finally {
    await client.end();
  }
}

async function createDatabase(postgresUrl: string): Promise<void> {
  const client = new pg.Client(postgresUrl);
  await client.connect();
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
}
