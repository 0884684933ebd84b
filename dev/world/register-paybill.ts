import { createApp } from '#app.ts';
import { config } from '#ground/config/config.ts';
import { registerPull } from '#mpesa/paybill/register-pull.ts';

/** Opens the payments of the short code for pulling, as `npm run register-pull` does; safe to repeat. */
export async function openPull(): Promise<void> {
  const app = createApp(config());
  try {
    await registerPull(app, 'operator');
  } finally {
    await app.db.close();
  }
}

/** Has M-PESA notify these functions of paybill payments, as an operator would. Throws with the answer when it was refused. */
export async function registerPaybill(shopUrl: string, operatorKey: string): Promise<void> {
  const response = await fetch(`${shopUrl}/api/paybill/register-urls`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${operatorKey}` },
    body: '{}',
  });
  if (!response.ok) throw new Error(`The paybill's addresses could not be registered: ${await response.text()}`);
}
