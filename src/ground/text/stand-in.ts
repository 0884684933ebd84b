const BEGINS = 'anonymised-';

/** What stands in all rows of a person who was anonymised instead of their phone: nobody's number, and the same in each, so that what is kept stays together. */
export const standInOf = (id: string): string => `${BEGINS}${id}`;

/** Whether this is no phone, but what stands for that of somebody who was anonymised. */
export const isStandIn = (phone: string): boolean => phone.startsWith(BEGINS);
