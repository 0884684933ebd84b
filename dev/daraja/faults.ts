import type { ApiName, Fault } from './fault-order.ts';
import type { Network } from './network.ts';
import type { Answer } from './wire.ts';
import { coreRefusal, emptyBadRequest, firewallPage, LOCKED_SUBSCRIBER, refusal, spikeArrest } from './wire.ts';

/** How each fault turns out: what is answered instead. */
const faultAnswers = {
  'spike-arrest': (_: Network, status: number | undefined) => spikeArrest(status ?? 429),
  waf: (_: Network, status: number | undefined) => firewallPage(status ?? 403),
  'empty-400': () => emptyBadRequest,
  'server-error': (network: Network) => refusal(network, 500, '500.003.1001', 'Internal Server Error'),
  'error-in-200': (network: Network) => refusal(network, 200, '500.001.1001', ''),
  'not-json': (): Answer => ({ status: 200, headers: { 'content-type': 'text/html' }, body: '<html><body>It works!</body></html>' }),
  'drop-before': (): Answer => ({ ...emptyBadRequest, fate: 'broken' }),
  'drop-after': (): Answer => ({ ...emptyBadRequest, fate: 'broken' }),
  'invalid-token': (network: Network) => invalidToken(network, ''),
  'subscriber-locked': (network: Network) => coreRefusal(network, LOCKED_SUBSCRIBER),
  maintenance: (network: Network) => refusal(network, 500, '500.002.1001', 'Service is currently under maintenance'),
  throttled: (network: Network) => refusal(network, 500, '500.003.02', 'Error Occurred: Spike Arrest Violation'),
  hang: (): Answer => ({ ...emptyBadRequest, fate: 'silent' }),
} as const satisfies Record<Exclude<Fault['fault'], 'slow'>, (network: Network, status: number | undefined) => Answer>;

/** What an API answers where its token is not valid, in the form that is switched on. */
export function invalidToken(network: Network, token: string): Answer {
  const code = network.arranged.switches.invalidToken;
  const words = code === '401.002.01' ? `Error Occurred - Invalid Access Token - ${token}` : 'Invalid Access Token';
  return refusal(network, Number(code.slice(0, 3)), code, words);
}

/** Takes the next fault ordered for this API, if there is one. */
export function takeFault(network: Network, api: ApiName): Fault | null {
  const { faults } = network.arranged;
  const fault = faults.find((ordered) => ordered.api === api);
  if (!fault) return null;
  fault.times -= 1;
  if (fault.times === 0) faults.splice(faults.indexOf(fault), 1);
  return fault;
}

/** Whether the request takes effect although it is answered wrongly: by default only with slow and drop-after. */
const takesEffect = (fault: Fault) => fault.accepted ?? (fault.fault === 'slow' || fault.fault === 'drop-after');

/** Answers as the fault says, around the real handling. */
export async function answerWithFault(network: Network, fault: Fault, handle: () => Promise<Answer>): Promise<Answer> {
  const real = takesEffect(fault) ? await handle() : null;
  if (fault.fault !== 'slow') return faultAnswers[fault.fault](network, fault.status);
  await new Promise((resume) => setTimeout(resume, fault.ms));
  return real ?? handle();
}
