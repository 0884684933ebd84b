import fastifyApiReference from '@scalar/fastify-api-reference';

/** What Scalar's plugin asks of the server that it is made for, as far as its script is served. */
type Route = { url: string; handler(request: unknown, reply: { header(): unknown; send(body: string): unknown }): unknown };

/**
 * Scalar's reference as one script for a browser. Its own package brings 686 others along, its plugin for Fastify 10, with the same script inside: the plugin
 * is asked for it as a server would ask.
 */
export async function readScalarScript(): Promise<string> {
  const routes: Route[] = [];
  const server = { initialConfig: {}, hasPlugin: () => false, log: console, route: (route: Route) => void routes.push(route) };
  await new Promise<void>((done) => (fastifyApiReference as unknown as Plugin)(server, { configuration: { url: '/openapi.json' } }, done));
  const script = routes.find(({ url }) => url.endsWith('/js/scalar.js'));
  if (!script) throw new Error('@scalar/fastify-api-reference no longer serves its script at js/scalar.js: mend dev/openapi/scalar.ts.');
  return new Promise((send) => {
    const reply = { header: () => reply, send };
    script.handler({}, reply);
  });
}

type Plugin = (server: object, options: object, done: () => void) => void;
