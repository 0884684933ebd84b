/** A request to an artifact whose database cannot be reached, and what it must answer. */
export type Probe = { method: string; path: string; body?: string; status: number; type: string; says: RegExp };

/** When and how the platform calls a function. */
export type Trigger = {
  routes: string[];
  methods: string[];
  schedule?: string;
  /** Answered before it begins; it may then run for minutes. */
  background?: true;
  rateLimit?: { windowLimit: number; windowSize: number; aggregateBy: string[] };
};

/** What must be true of a function that is deployed. */
export type Expectation = Trigger & { largestBytes: number; probes: [Probe, ...Probe[]] };

export const PROBLEM = 'application/problem+json';
export const SMALL = 450_000; // any function that neither draws nor mails
export const LARGE = 2_200_000; // a function that draws or mails

export const someId = '01930000-0000-7000-8000-000000000001';
export const push = (phoneNumber: string) => JSON.stringify({ phoneNumber, items: [{ sku: 'coffee' }] });
export const book = JSON.stringify({ sku: 'match', phoneNumber: '0712 345 678' });
export const askCode = JSON.stringify({ phoneNumber: '0712 345 678' });
export const tryCode = JSON.stringify({ phoneNumber: '0712 345 678', code: '123456' });

/** A function that Safaricom calls: without the secret in its path the answer is 404. */
export const told = (route: string): Expectation => ({
  routes: [route],
  methods: ['POST'],
  largestBytes: SMALL,
  probes: [{ method: 'POST', path: route.replace(':token', 'nonsense'), body: '{}', status: 404, type: 'text/plain', says: /^Not Found$/ }],
});

/** A function that checks who the caller is before anything else. */
export const guarded = (route: string, methods: [string, ...string[]]): Expectation => {
  const [method] = methods;
  const path = route.replace(':id', someId).replace(':part', '1');
  const body = method === 'GET' ? {} : { body: '{}' };
  return {
    routes: [route],
    methods,
    largestBytes: SMALL,
    probes: [{ method, path, ...body, status: 401, type: PROBLEM, says: /"unauthorized"/ }],
  };
};
