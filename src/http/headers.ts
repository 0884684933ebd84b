/** On every answer: the platform's own header rules do not reach functions. */
const SECURITY_HEADERS: Record<string, string> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
};

/** The media type of a JSON answer with this status. */
export const jsonType = (status: number): string => (status < 400 ? 'application/json' : 'application/problem+json');

/** The headers of every answer with a body, by its media type. */
export const answerHeaders = (type: string, requestId: string): Record<string, string> => ({
  ...SECURITY_HEADERS,
  'content-type': type,
  'x-request-id': requestId,
});

/** What a browser on one of our own origins may do; nothing for any other origin. */
export function corsHeaders(request: Request, origins: readonly string[]): Record<string, string> {
  const origin = request.headers.get('origin');
  if (!origin || !origins.includes(origin)) return { vary: 'origin' };
  return {
    vary: 'origin',
    'access-control-allow-origin': origin,
    'access-control-expose-headers': 'x-request-id, idempotent-replayed, x-next-cursor',
  };
}

/** The answer to a browser's preflight. */
export function preflight(request: Request, origins: readonly string[]): Response {
  const allowed = corsHeaders(request, origins);
  const headers = {
    'access-control-allow-methods': 'GET, POST, PUT',
    'access-control-allow-headers': 'authorization, content-type, idempotency-key',
    'access-control-max-age': '600',
  };
  return new Response(null, { status: 204, headers: 'access-control-allow-origin' in allowed ? { ...allowed, ...headers } : allowed });
}
