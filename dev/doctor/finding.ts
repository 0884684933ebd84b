/** What a check found: a sentence about what is so, and how to mend it where it is wrong. Never has the value of a secret. */
export type Finding = { check: string; state: 'ok' | 'warn' | 'fail'; says: string; mend?: string };

/** What the checks may look at; tests give their own. */
export type Patient = {
  environment: NodeJS.ProcessEnv;
  fetch: typeof fetch;
  clock: { now(): Date };
  timeoutMs: number;
  /** Whether Safaricom may be asked in production too. */
  mayAsk?: boolean;
  /** To whom one SMS and one mail are sent, if any are. */
  sendTo?: { phone?: string | undefined; email?: string | undefined };
};

/** Looks at one thing. What it says names variables and never their values. */
export type Check = (patient: Patient) => Finding[] | Promise<Finding[]>;

/** The three sentences of one check, without repeating its name. */
export const findings = (check: string) => ({
  ok: (says: string): Finding => ({ check, state: 'ok', says }),
  warn: (says: string, mend: string): Finding => ({ check, state: 'warn', says, mend }),
  fail: (says: string, mend: string): Finding => ({ check, state: 'fail', says, mend }),
});
