const FIRST = ['Wanjiku', 'Otieno', 'Achieng', 'Kamau', 'Chebet', 'Mutua', 'Naliaka', 'Kiprono', 'Amina', 'Hassan'];
const MIDDLE = ['Njeri', 'Odhiambo', 'Akinyi', 'Mwangi', 'Jepkoech', 'Musyoka', 'Nekesa', 'Kipchumba', 'Zawadi', 'Juma'];
const LAST = ['Maina', 'Omondi', 'Atieno', 'Kariuki', 'Rotich', 'Kioko', 'Wafula', 'Koech', 'Mohamed', 'Ali'];

/** Whose phone this is: Safaricom's test person, or an invented person, always the same one for a phone. */
export function customerName(phone: string): { first: string; middle: string; last: string } {
  if (phone === '254708374149') return { first: 'John', middle: 'J.', last: 'Doe' };
  const pick = (names: string[], fromEnd: number) => names[Number(phone.at(-fromEnd))] ?? '';
  return { first: pick(FIRST, 1), middle: pick(MIDDLE, 2), last: pick(LAST, 3) };
}

/** "254712345678 - Amina Njeri Omondi", as results write a customer. */
export function customerParty(phone: string, form: 'international' | 'local' = 'international'): string {
  const { first, middle, last } = customerName(phone);
  return `${form === 'local' ? `0${phone.slice(3)}` : phone} - ${first} ${middle} ${last}`;
}
