/** The connection string of the server itself. Neon's pooled host has `-pooler` in its name, and keeps no session from one transaction to the next. */
export function directUrl(url: string): string {
  const direct = new URL(url);
  direct.hostname = direct.hostname.replace(/^([^.]+)-pooler\./, '$1.');
  return direct.href;
}
