import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { createVirtualClock } from '../virtual-clock.ts';
import { createSimulator } from './simulator.ts';

const USAGE = `The M-PESA simulator.

  --port 4010           where it listens, on 127.0.0.1
  --database <file>     keep everything in this file, so that it survives a restart
  --seed 1              the same seed makes the same ids and receipts (without it, every start makes others)
  --till 5551234        accept till payments to this number
  --other-shortcodes 600111,600222  further paybills of the same organisation
  --other-tills 5551235,5551236     further tills of the same organisation
  --business "Duka"     the name that the customer reads
  --b2c-shortcode 600996 the short code that pays out; name the collecting one where there is only one
  --fees                M-PESA charges as its tariff says
  --production          C2B as in production: URLs are registered once, payments cannot be simulated
  --virtual-clock <ISO> start at this time and let it move only by POST /simulator/clock
  --help
`;

const values = readOptions();

if (values.help) console.log(USAGE);
else await run().catch(giveUp);

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string', default: '4010' },
        database: { type: 'string' },
        seed: { type: 'string' },
        till: { type: 'string' },
        'other-shortcodes': { type: 'string' },
        'other-tills': { type: 'string' },
        business: { type: 'string' },
        'b2c-shortcode': { type: 'string' },
        fees: { type: 'boolean' },
        production: { type: 'boolean' },
        'virtual-clock': { type: 'string' },
        help: { type: 'boolean' },
      },
    });
    return values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exit(2);
  }
}

async function run(): Promise<void> {
  const start = values['virtual-clock'];
  if (start !== undefined && Number.isNaN(Date.parse(start))) throw new Error('--virtual-clock takes a time like 2026-11-21T08:00:00Z.');
  const simulator = await createSimulator({
    port: wholeNumber('port', values.port),
    // An application's database outlives this process, and no receipt may come twice in it.
    seed: values.seed === undefined ? randomInt(2 ** 31) : wholeNumber('seed', values.seed),
    ...(values.database === undefined ? {} : { stateFile: values.database }),
    ...(values.till === undefined ? {} : { tillNumber: values.till }),
    otherShortcodes: listOf(values['other-shortcodes']),
    otherTills: listOf(values['other-tills']),
    ...(values.business === undefined ? {} : { businessName: values.business }),
    ...(values['b2c-shortcode'] === undefined ? {} : { b2cShortcode: values['b2c-shortcode'] }),
    switches: {
      ...(values.fees ? { fees: 'tariff' as const } : {}),
      ...(values.production ? { c2bMode: 'production' as const } : {}),
    },
    ...(start === undefined ? {} : { clock: createVirtualClock(new Date(start)) }),
  });
  console.log(`M-PESA simulator
  Daraja base URL  ${simulator.url}
  Handset          ${simulator.url}/handset
  Keys and phones  ${simulator.url}/
  The truth        ${simulator.url}/simulator/truth
  Kept in          ${values.database ?? 'memory only (--database <file> keeps it)'}`);
  const stop = () => void simulator.stop().then(() => process.exit(0));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

function listOf(text = ''): string[] {
  return text.split(',').filter((part) => part !== '');
}

function wholeNumber(option: string, text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new Error(`--${option} takes a whole number, not ${text}.`);
  return Number(text);
}

function giveUp(error: NodeJS.ErrnoException): void {
  const inUse = error.code === 'EADDRINUSE';
  console.error(inUse ? `Port ${values.port} is in use: stop what runs there, or choose another with --port.` : error.message);
  process.exitCode = 1;
}
