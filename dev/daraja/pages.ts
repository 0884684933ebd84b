import { readFileSync } from 'node:fs';
import { handsetPage } from './handset-page.ts';
import { homePage } from './home-page.ts';
import { certificateFile } from './initiator.ts';
import type { Network } from './network.ts';
import type { Answer, ApiRequest } from './wire.ts';

const ASSETS: Record<string, { file: URL; type: string }> = {
  '/pages/handset.js': { file: new URL('./pages/handset.js', import.meta.url), type: 'text/javascript; charset=utf-8' },
  '/pages/simulator.css': { file: new URL('./pages/simulator.css', import.meta.url), type: 'text/css; charset=utf-8' },
};

/** The page or asset at this address, or null where there is none. */
export function answerPage(network: Network, { url, headers }: ApiRequest): Answer | null {
  if (url.pathname === '/certificate.pem') {
    return { status: 200, headers: { 'content-type': 'application/x-pem-file' }, body: readFileSync(certificateFile, 'utf8') };
  }
  const asset = ASSETS[url.pathname];
  if (asset) return { status: 200, headers: { 'content-type': asset.type }, body: readFileSync(asset.file, 'utf8') };
  if (url.pathname === '/') return homePage(network, `http://${headers.host ?? '127.0.0.1'}`);
  if (url.pathname === '/handset') return handsetPage(null, network.merchant.shortcode);
  const phone = /^\/handset\/([^/]+)$/.exec(url.pathname)?.[1];
  return phone === undefined ? null : handsetPage(decodeURIComponent(phone), network.merchant.shortcode);
}
