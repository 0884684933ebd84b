import type { Bundled } from './bundle-functions.ts';
import { expectations } from './expectations.ts';

/** Bundles above the size that is allowed to them, in words. Size is what a cold start has to read. */
export function tooLarge(bundled: Bundled[]): string[] {
  return bundled.flatMap(({ name, minifiedBytes }) => {
    const { largestBytes } = expectations[name] ?? {};
    if (largestBytes === undefined) return [`${name}: has no row in dev/bundle/expectations.ts`];
    return minifiedBytes > largestBytes ? [`${name}: ${minifiedBytes} bytes minified, ${largestBytes} are allowed`] : [];
  });
}
