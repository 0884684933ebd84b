/** A phone number with its last three digits only: `0712 ••• 678` would tell too much to someone who finds a link, so `07•• ••• 678`. */
export const maskPhone = (phone: string): string => `0${phone.slice(3, 4)}•• ••• ${phone.slice(-3)}`;
