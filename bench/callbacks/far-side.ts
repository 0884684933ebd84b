import { startNeonEndpoint } from '../../dev/neon-endpoint.ts';
import { startDelayProxy } from './delay-proxy.ts';

/** Whole milliseconds, since timers know no others: 5 ms there and back. */
const ONE_WAY_MS = [2, 3] as const;

/** The process that stands for the network: Neon's endpoint beside the database, and the same ways to both with a distance. */
const postgresPort = Number(process.argv[2]);
const endpoint = await startNeonEndpoint({ postgresPort });
const farEndpoint = await startDelayProxy(endpoint.port, ONE_WAY_MS);
const farPostgres = await startDelayProxy(postgresPort, ONE_WAY_MS);
process.on('disconnect', () => process.exit(0));
process.send?.({ near: { neon: endpoint.port, postgres: postgresPort }, far: { neon: farEndpoint.port, postgres: farPostgres.port } });
