import { isStandIn } from './stand-in.ts';

/**
 * A phone number with only its last three digits: `07•• ••• 678`, since `0712 ••• 678` would reveal too much to someone who finds a link; without any for somebody who
 * was anonymised.
 */
export const maskPhone = (phone: string): string => (isStandIn(phone) ? '0••• ••• •••' : `0${phone.slice(3, 4)}•• ••• ${phone.slice(-3)}`);
