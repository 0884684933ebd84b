/** An e-mail address with the first letter of its name and its domain: `w•••@example.com`. */
export const maskEmail = (email: string): string => `${email.slice(0, 1)}•••${email.slice(email.lastIndexOf('@'))}`;
