/** A browser takes `__Host-` cookies over https only, and from no other host; plain http is for 127.0.0.1. */
const nameFor = (siteUrl: string) => (siteUrl.startsWith('https:') ? '__Host-malipo' : 'malipo');

/** The Set-Cookie header that gives a browser its session: out of reach of scripts, and not sent along by other sites' forms. */
export const sessionCookie = (siteUrl: string, token: string, seconds: number): string =>
  `${nameFor(siteUrl)}=${token}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${siteUrl.startsWith('https:') ? '; Secure' : ''}`;

/** The Set-Cookie header that deletes the session's cookie. */
export const noSessionCookie = (siteUrl: string): string => sessionCookie(siteUrl, '', 0);

/** The session's token in a Cookie header, if there is one. */
export function readSessionCookie(siteUrl: string, header: string | null): string | undefined {
  const prefix = `${nameFor(siteUrl)}=`;
  const found = (header ?? '').split(';').find((pair) => pair.trim().startsWith(prefix));
  return found?.trim().slice(prefix.length) || undefined;
}
