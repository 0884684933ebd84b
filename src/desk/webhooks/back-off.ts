const LONGEST_MINUTES = 30;

/** For how long tries go on before an endpoint is disabled, or an event given up. */
export const PATIENCE_MS = 24 * 60 * 60_000;

/** How long to wait after so many failures: 1, 2, 4 ... 30 minutes, up to a quarter more, so that a server that comes back is not met by everything at once. */
export const backOffMs = (failures: number): number =>
  60_000 * Math.min(2 ** Math.max(failures - 1, 0), LONGEST_MINUTES) * (1 + Math.random() / 4);
