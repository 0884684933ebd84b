/** On every answer: the platform's own header rules do not reach functions. */
const SECURITY_HEADERS: Record<string, string> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
};

/** The media type of an answer of this status that is JSON. */
export const jsonType = (status: number): string => (status < 400 ? 'application/json' : 'application/problem+json');

/** The headers of every answer with a body, by its media type. */
export const answerHeaders = (type: string, requestId: string): Record<string, string> => ({
  ...SECURITY_HEADERS,
  'content-type': type,
  'x-request-id': requestId,
});
