const RENAMED: [RegExp, string][] = [
  [/^MPESA_CALLBACK_URL$/, 'SITE_URL (callback addresses are made from it)'],
  [/^MPESA_B2C_CALLBACK_URL$/, 'SITE_URL (callback addresses are made from it)'],
  [/^MPESA_CALLBACK_SECRET$/, 'CALLBACK_TOKEN_KEY'],
  [/^MPESA_ENVIRONMENT$/, 'MPESA_ENV'],
  [/^(MPESA_LIVE|SAFARICOM)_CONSUMER_KEY$/, 'MPESA_CONSUMER_KEY'],
  [/^(MPESA_LIVE|SAFARICOM)_CONSUMER_SECRET$/, 'MPESA_CONSUMER_SECRET'],
  [/^(MPESA_LIVE|SAFARICOM)_PASSKEY$/, 'MPESA_PASSKEY'],
  [/^(MPESA_LIVE|SAFARICOM)_SHORT_?CODE$/, 'MPESA_SHORTCODE'],
  [/^(MPESA_LIVE|SAFARICOM)_/, 'an MPESA_ variable (see .env.example); MPESA_ENV chooses sandbox or production'],
  [/^BACKEND_(URL|CALLBACK_BASE)$/, 'SITE_URL'],
  [/^FRONTEND_URL$/, 'SITE_ORIGINS'],
  [/^JWT_SECRET$/, 'SESSION_SECRET'],
  [/^SMTP_/, 'SENDGRID_API_KEY'],
  [/^EMAIL_FROM$/, 'INVOICE_EMAIL_FROM'],
];

const DROPPED: Record<string, string> = { DB_POOL_SIZE: 'statements travel over HTTP, without a pool' };

/** Findings about variable names of earlier systems. They are refused, not ignored: a callback address that silently points elsewhere loses money. */
export const renamedVariables = (set: NodeJS.ProcessEnv): string[] =>
  Object.keys(set).flatMap((name) => {
    if (name in DROPPED) return [`${name} is not needed any more (${DROPPED[name]}): remove it`];
    const found = RENAMED.find(([old]) => old.test(name));
    return found ? [`${name} is now ${found[1]}: unset the old one`] : [];
  });
