import { redact } from '../log.ts';
import { line } from '../text/line.ts';

/** A Kenyan phone number as people write one: in groups. */
const GROUPED = /(?<!\d)(?:\+?254|0)[ -]?[17](?:[ -]?\d){8}(?!\d)/g;

/** Why somebody did something, in a line. The audit trail keeps it for good and an alert may say it, so phone numbers and e-mail addresses in it are masked. */
export const Reason = line(2, 200).transform((text) => redact(text.replace(GROUPED, (phone) => phone.replace(/[ -]/g, ''))));
