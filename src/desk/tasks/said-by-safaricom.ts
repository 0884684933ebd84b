const SOURCES: Record<string, string> = {
  callback: "Safaricom's callback",
  query: "Safaricom's answer to our query",
  c2b: 'A paybill notice',
  b2c: "Safaricom's result",
  reversal: "Safaricom's result of the reversal",
  'transaction-status': "Safaricom's answer about the transaction",
  pull: "Safaricom's list",
  statement: 'A statement',
};

const VERDICTS: Record<string, string> = {
  pays: 'says that it was paid',
  names: 'names its M-PESA code',
  late: 'says that it was paid after all',
  fails: 'says that it was not paid',
  rejects: 'says that it was rejected',
  known: 'says what was known already',
  unclear: 'does not say how it ended',
  unread_payer: 'says that it was paid, and not by whom',
  arrives: 'reports money that came',
  ties: 'reports money that a prompt had brought',
  answers: 'was kept',
  confirms: 'confirms the money',
  not_completed: 'says that it is not completed',
};

/** What Safaricom told us, by what it means. The verdicts that are not here disagree with what we know: the words are kept, and nothing was booked. */
export const saidBySafaricom = (source: string, verdict: string): string =>
  `${SOURCES[source] ?? source} ${VERDICTS[verdict] ?? `disagrees with what we know (${verdict.replaceAll('_', ' ')}), and booked nothing`}.`;
