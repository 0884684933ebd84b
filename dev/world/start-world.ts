import { randomInt } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createSimulator } from '../daraja/simulator.ts';
import { startMailInbox } from '../mail-inbox/start-mail-inbox.ts';
import { startNeonEndpoint } from '../neon-endpoint.ts';
import { startPostgres } from '../postgres.ts';
import { startSmsInbox } from '../sms-inbox/start-sms-inbox.ts';
import { startBlobs } from '../start-blobs.ts';
import { choosePort, demandPort } from './choose-port.ts';
import { adoptEnvironment, functionsEnvironment, MERCHANT, notForHere } from './functions-environment.ts';
import { holdFolder } from './hold-folder.ts';
import { readSecrets, writeSecrets } from './keep-secrets.ts';
import { operatorKey, prepareDatabase } from './prepare-database.ts';
import { prepareFunctions } from './prepare-functions.ts';
import { openPull, registerPaybill } from './register-paybill.ts';
import { runFunctions } from './run-functions.ts';
import { findStaff, type Staff } from './sample-people.ts';
import { CLOCK_PATH, serveClock } from './serve-clock.ts';
import { serveReference } from './serve-reference.ts';
import { startStrikeClock } from './strike-clock.ts';
import { readSchedules, strikeDue } from './strike-due.ts';
import { aheadSeconds, inTurn, stopsUntil, worldNow } from './travel.ts';

/** The file that keeps how far the world's clock is ahead, so that what was done in a later week stays done after a restart. */
const CLOCK_FILE = 'clock';

export type LocalWorldOptions = {
  /** Where data and secrets are kept. */
  dir: string;
  /** Ports that are wished for; a taken one is replaced by the next free one, unless `demandShopPort`. 0 is any. */
  ports: { shop: number; simulator: number; inbox: number; sms: number };
  demandShopPort?: boolean;
  /** Begins anew: forgets all data first. */
  fresh?: boolean;
  /** Asks Safaricom's sandbox in place of the simulator; it calls back at this public address. */
  sandbox?: { publicUrl: string };
  /** How often the functions run here that run each minute when deployed; those that run once a day run at their hour. */
  everyMs: number;
  /** Serves the sources as they are, also once they have changed, in place of the bundles that are deployed. */
  watch?: boolean;
  /** False gives up what only matters when the machine loses power, for worlds that are thrown away. */
  durable?: boolean;
  /** Where settings of the organisation and the sandbox's account come from. */
  environment?: NodeJS.ProcessEnv;
  say?(text: string): void;
  complain(text: string): void;
};

export type LocalWorld = {
  shopUrl: string;
  inboxUrl: string;
  smsUrl: string;
  /** None against Safaricom's sandbox. */
  simulatorUrl: string | undefined;
  databaseUrl: string;
  operatorKey: string;
  /** Who can sign in besides customers. */
  staff: Staff[];
  /** Runs a scheduled function, as the clock does. */
  strike(name: string): Promise<unknown>;
  /** Puts the world's clock to each of these later moments in turn, and runs there what the platform's clock runs. */
  travel(stops: readonly Date[]): Promise<void>;
  /** Stops everything in order. Data stays. */
  stop(): Promise<void>;
};

/**
 * Brings up the whole product on this machine: PostgreSQL behind a Neon-compatible endpoint, the M-PESA simulator with the paybill registered, the inboxes for mail
 * and SMS, the functions and the shop page through Netlify's own local runtime, and the clock. Everything listens on 127.0.0.1 and ends with this process. The
 * configuration of the functions becomes this process's environment. Whatever had started is stopped again when something cannot start.
 */
export async function startLocalWorld(options: LocalWorldOptions): Promise<LocalWorld> {
  const running = new AsyncDisposableStack();
  try {
    const world = await start(options, running);
    return { ...world, stop: () => running.disposeAsync() };
  } catch (error) {
    await running.disposeAsync();
    throw error;
  }
}

async function start(options: LocalWorldOptions, running: AsyncDisposableStack): Promise<Omit<LocalWorld, 'stop'>> {
  const { ports, sandbox, say = () => undefined, complain } = options;
  const dir = path.resolve(options.dir);
  const within = (name: string) => path.join(dir, name);
  const shopPort = options.demandShopPort ? await demandPort(ports.shop) : await choosePort(ports.shop);
  const shopUrl = `http://127.0.0.1:${shopPort}`;
  const held = await holdFolder(dir, shopUrl);
  running.defer(held.release);
  if (options.fresh)
    for (const name of ['postgres', 'daraja.json', 'mail', 'sms', 'secrets.json', CLOCK_FILE])
      await rm(within(name), { recursive: true, force: true });
  const secrets = await readSecrets(within('secrets.json'));

  const changed = options.watch ? (file: string) => say(`${file} has changed.`) : undefined;
  say('  PostgreSQL, while the functions are bundled ...');
  const preparing = prepareFunctions(within('netlify'), changed);
  preparing.catch(() => undefined); // the first failure is reported; this promise is awaited below
  const postgres = await startPostgres({ dir: within('postgres'), durable: options.durable ?? true });
  running.defer(postgres.stop);
  const endpoint = await startNeonEndpoint({ postgresPort: postgres.port });
  running.defer(endpoint.stop);
  const databaseUrl = await prepareDatabase(postgres.url, endpoint);

  say(sandbox ? '  the inboxes ...' : '  M-PESA and the inboxes ...');
  const simulator = sandbox ? undefined : await startSimulator(await choosePort(ports.simulator), within('daraja.json'), options);
  if (simulator) running.defer(simulator.stop);
  const inbox = await startMailInbox({ port: await choosePort(ports.inbox), dir: within('mail') });
  running.defer(inbox.stop);
  const sms = await startSmsInbox({ port: await choosePort(ports.sms), dir: within('sms') });
  running.defer(sms.stop);

  const blobs = await startBlobs({ directory: within('blobs') });
  running.defer(blobs.stop);

  const around = {
    secrets,
    blobsContext: blobs.context,
    databaseUrl,
    inboxUrl: inbox.url,
    smsUrl: sms.url,
    siteUrl: sandbox?.publicUrl ?? shopUrl,
  };
  const unused = notForHere(options.environment ?? process.env, sandbox !== undefined);
  if (unused.length > 0) say(`Not used here, since they are for a deployment: ${unused.join(', ')}.`);
  const environment = functionsEnvironment(options.environment ?? process.env, {
    ...around,
    ...(simulator && { simulatorUrl: simulator.url }),
  });
  const ahead = simulator ? await readFile(within(CLOCK_FILE), 'utf8').catch(() => '') : '';
  if (Number(ahead) > 0) environment.CLOCK_AHEAD_SECONDS = ahead;
  adoptEnvironment(environment);
  await keepSettings(within('commands.env'), environment);
  say('  the functions and the shop ...');
  const project = await preparing;
  if (project.bundler) running.defer(project.bundler.stop);
  await writeFile(
    path.join(project.extraPages, 'local.json'),
    JSON.stringify({ inbox: inbox.url, handset: simulator && `${simulator.url}/handset` }),
  );
  const schedules = await readSchedules();
  const moved = () => {
    const CLOCK_AHEAD_SECONDS = String(aheadSeconds());
    return Promise.all([
      writeFile(within(CLOCK_FILE), CLOCK_AHEAD_SECONDS),
      keepSettings(within('commands.env'), { ...environment, CLOCK_AHEAD_SECONDS }),
    ]);
  };
  const go = simulator && ((to: Date) => travel(stopsUntil(schedules, worldNow(), to)));
  const functions = await runFunctions(project, shopPort, {
    complain,
    own: (request, response) => (request.url === CLOCK_PATH ? serveClock(request, response, go) : serveReference(request, response)),
  });
  running.defer(functions.stop);

  const staff = await findStaff(databaseUrl);
  const key = await operatorKey(databaseUrl, secrets.operatorKey, staff.find(({ role }) => role === 'admin')?.id);
  if (key !== secrets.operatorKey) await writeSecrets(within('secrets.json'), { ...secrets, operatorKey: key });
  if (simulator) await registerPaybill(shopUrl, key); // again at each start: the port may be another one
  if (simulator && environment.MPESA_PULL === 'on') await openPull();
  const strikes = inTurn(strikeDue(schedules, functions.strike, worldNow));
  const travel = (stops: readonly Date[]) => strikes.travel(stops, complain).finally(moved);
  const clock = startStrikeClock(options.everyMs, strikes.strike, complain);
  running.defer(clock.stop);
  for (const [what, wished, got] of [
    ['shop', ports.shop, shopPort],
    ['inbox', ports.inbox, inbox.port],
    ['SMS inbox', ports.sms, sms.port],
    ['simulator', ports.simulator, simulator?.port ?? ports.simulator],
  ] as const)
    if (wished !== 0 && wished !== got) say(`Port ${wished} is taken: the ${what} is on ${got}.`);
  return {
    shopUrl,
    inboxUrl: inbox.url,
    smsUrl: sms.url,
    simulatorUrl: simulator?.url,
    databaseUrl,
    operatorKey: key,
    staff,
    strike: functions.strike,
    travel,
  };
}

const startSimulator = (port: number, stateFile: string, { environment = process.env }: LocalWorldOptions) =>
  createSimulator({
    port,
    stateFile,
    ...MERCHANT,
    switches: { fees: 'tariff' }, // as the balance watch expects
    seed: randomInt(2 ** 31), // the database outlives a start, and no receipt may come twice in it
    ...(environment.ORGANISATION_NAME && { businessName: environment.ORGANISATION_NAME }),
    ...(environment.MPESA_TILL_NUMBER && { tillNumber: environment.MPESA_TILL_NUMBER }),
    otherShortcodes: environment.MPESA_SHORTCODES?.split(/[,;\s]+/).filter(Boolean) ?? [],
  });

/** Writes the functions' configuration into a file for `node --env-file` that only its owner may read: an operator's commands need the same. */
async function keepSettings(file: string, environment: Record<string, string>): Promise<void> {
  const lines = Object.entries(environment).map(([name, value]) => `${name}=${JSON.stringify(value)}\n`);
  await writeFile(`${file}.new`, lines.join(''), { mode: 0o600 });
  await rename(`${file}.new`, file);
}
