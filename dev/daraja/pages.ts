import { readFileSync } from 'node:fs';
import { ControlError } from './control-error.ts';
import { exportStatement, type StatementInput } from './export-statement.ts';
import { handsetPage } from './handset-page.ts';
import { homePage } from './home-page.ts';
import { certificateFile } from './initiator.ts';
import type { Network } from './network.ts';
import type { Answer, ApiRequest } from './wire.ts';

const ASSETS: Record<string, { file: URL; type: string }> = {
  '/pages/handset.js': { file: new URL('./pages/handset.js', import.meta.url), type: 'text/javascript; charset=utf-8' },
  '/pages/simulator.css': { file: new URL('./pages/simulator.css', import.meta.url), type: 'text/css; charset=utf-8' },
};

/** A statement as the browser saves it; what is wrong with the order is said in words. */
async function statementDownload(network: Network, url: URL): Promise<Answer> {
  try {
    const asked = Object.fromEntries([...url.searchParams].filter(([, value]) => value !== ''));
    const { name, contentType, base64 } = await exportStatement(network, asked as StatementInput);
    const headers = { 'content-type': contentType, 'content-disposition': `attachment; filename="${name}"` };
    return { status: 200, headers, body: '', bytes: Buffer.from(base64, 'base64') };
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    return { status: error.status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: `${error.message} ${error.change}` };
  }
}

/** The page or asset at this address, or null where there is none. */
export function answerPage(network: Network, { url, headers }: ApiRequest): Answer | Promise<Answer> | null {
  if (url.pathname === '/certificate.pem') {
    return { status: 200, headers: { 'content-type': 'application/x-pem-file' }, body: readFileSync(certificateFile, 'utf8') };
  }
  if (url.pathname === '/statement') return statementDownload(network, url);
  const asset = ASSETS[url.pathname];
  if (asset) return { status: 200, headers: { 'content-type': asset.type }, body: readFileSync(asset.file, 'utf8') };
  if (url.pathname === '/') return homePage(network, `http://${headers.host ?? '127.0.0.1'}`);
  if (url.pathname === '/handset') return handsetPage(null, network.merchant.shortcode);
  const phone = /^\/handset\/([^/]+)$/.exec(url.pathname)?.[1];
  return phone === undefined ? null : handsetPage(decodeURIComponent(phone), network.merchant.shortcode);
}
