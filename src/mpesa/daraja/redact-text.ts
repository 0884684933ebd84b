const LONGEST = 160;

/**
 * Makes a text of Safaricom's fit for an error or a log: phone numbers, ids and tokens are cut out and at most 160 characters
 * remain. Safaricom repeats the rejected token inside some error messages.
 */
export function redactText(text: string): string {
  return text
    .slice(0, 1000)
    .replace(/[^\x20-\x7e]+/g, ' ')
    .replace(/(invalid access token)\W.*/i, '$1')
    .replace(/[\w+/=-]{25,}/g, '[cut]') // tokens have 28 characters, the longest field name of the API 24
    .replace(/\d(?:[ -]?\d){6,}/g, '[cut]')
    .trim()
    .slice(0, LONGEST);
}
