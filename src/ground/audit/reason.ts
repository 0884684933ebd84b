import { redact } from '../log.ts';
import { line } from '../text/line.ts';

/** Why somebody did something, in a line. The audit trail keeps it for good and an alert may say it, so phone numbers and e-mail addresses in it are masked. */
export const Reason = line(2, 200).transform((text) => redact(text));
