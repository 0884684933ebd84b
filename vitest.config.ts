import { defineConfig } from 'vitest/config';
import { UNIT_TESTS } from './vitest.unit.config.ts';

export default defineConfig({
  test: {
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 90_000,
    // each file of tests would load these in hundreds of modules: a quarter of the CPU of all tests
    deps: {
      optimizer: {
        ssr: {
          enabled: true,
          include: [
            'drizzle-orm',
            'drizzle-orm/pg-core',
            'drizzle-orm/neon-http',
            'drizzle-orm/neon-serverless',
            '@neondatabase/serverless',
            'zod',
            'express',
            'jose',
            'libphonenumber-js',
            'pg',
          ],
        },
      },
    },
    projects: [
      { extends: true, test: { name: 'unit', include: UNIT_TESTS } },
      {
        extends: true,
        test: { name: 'database', include: ['test/**/*.test.ts'], exclude: UNIT_TESTS, globalSetup: ['test/world/global-setup.ts'] },
      },
    ],
  },
});
