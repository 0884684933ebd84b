import { type Config, ConfigError, parseConfig } from '#ground/config/config.ts';

/** The configuration, or nothing while it is not complete: the configuration check says what is missing. */
export function readConfiguration(environment: NodeJS.ProcessEnv): Config | undefined {
  try {
    return parseConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}
