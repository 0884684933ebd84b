/** The connection string without Neon's pooler (`-pooler` in the host), which keeps no session between transactions. */
export function directUrl(url: string): string {
  const direct = new URL(url);
  direct.hostname = direct.hostname.replace(/^([^.]+)-pooler\./, '$1.');
  return direct.href;
}
