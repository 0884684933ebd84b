import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '@netlify/functions';
import { ROOT } from './bundle-functions.ts';
import type { Trigger } from './expect-function.ts';
import type { ManifestFunction } from './make-artifacts.ts';

/** What the function files themselves say, by name: their `config` as JavaScript sees it. */
export async function readSourceTriggers(): Promise<Record<string, Trigger>> {
  const folder = path.join(ROOT, 'netlify/functions');
  const entries = (await readdir(folder)).map(async (file) => {
    const { config } = (await import(path.join(folder, file))) as { config: Config };
    const {
      path: routes = [],
      method = [],
      schedule,
      background,
      rateLimit,
    } = config as Config & { path?: string | string[]; rateLimit?: Trigger['rateLimit'] };
    const trigger: Trigger = { routes: [routes].flat(), methods: [method].flat() };
    if (schedule) trigger.schedule = schedule;
    if (background) trigger.background = true;
    if (rateLimit) trigger.rateLimit = { ...rateLimit, aggregateBy: [rateLimit.aggregateBy].flat() };
    return [path.basename(file, '.ts'), trigger] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** What Netlify understood, by name. */
export function manifestTriggers(manifest: ManifestFunction[]): Record<string, Trigger> {
  const entries = manifest.map(({ name, routes = [], schedule, invocationMode, trafficRules }) => {
    const trigger: Trigger = {
      routes: routes.map(({ pattern }) => pattern),
      methods: [...new Set(routes.flatMap(({ methods }) => methods))],
    };
    if (schedule) trigger.schedule = schedule;
    if (invocationMode === 'background') trigger.background = true;
    if (trafficRules) {
      const { rateLimitConfig, aggregate } = trafficRules.action.config;
      trigger.rateLimit = { ...rateLimitConfig, aggregateBy: aggregate.keys.map(({ type }) => type) };
    }
    return [name, trigger] as const;
  });
  return Object.fromEntries(entries);
}

/** Where two descriptions of the functions differ, in words; empty when they agree. */
export function compareTriggers(
  [expectedBy, expected]: [string, Record<string, Trigger>],
  [saidBy, said]: [string, Record<string, Trigger>],
): string[] {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(said)])].sort();
  return names.flatMap((name) => {
    const [one, other] = [expected[name], said[name]];
    if (!one) return [`${name}: ${saidBy} has it, ${expectedBy} does not`];
    if (!other) return [`${name}: ${expectedBy} has it, ${saidBy} does not`];
    const keys = ['routes', 'methods', 'schedule', 'background', 'rateLimit'] as const;
    return keys
      .filter((key) => !isDeepStrictEqual(one[key], other[key]))
      .map((key) => `${name}: ${key} is ${JSON.stringify(one[key])} in ${expectedBy}, ${JSON.stringify(other[key])} in ${saidBy}`);
  });
}
