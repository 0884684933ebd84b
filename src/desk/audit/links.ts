/** Where what the trail and the timelines name can be read; what has no address of its own is found in a list. */
const LINKS = {
  payment: (id: string) => `/api/payments/${id}/timeline`,
  booking: (id: string) => `/api/bookings/${id}/timeline`,
  payout: (id: string) => `/api/payouts/${id}/timeline`,
  loan: (id: string) => `/api/loans/${id}/timeline`,
  member: (id: string) => `/api/members/${id}/timeline`,
  deposit: (id: string) => `/api/deposits?depositId=${id}`,
  invoice: (id: string) => `/api/invoices/${id}.pdf`,
  task: (id: string) => `/api/tasks/${id}`,
  statement: (id: string) => `/api/statements/${id}`,
  inquiry: (id: string) => `/api/transaction-status/${id}`,
  receipt: (code: string) => `/api/deposits?receipt=${code}`,
} as const;

/** What can be linked to. */
export type Linked = keyof typeof LINKS;

export const linkTo = (what: Linked, id: string): string => LINKS[what](id);
