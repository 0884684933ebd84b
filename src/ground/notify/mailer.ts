/** One e-mail, composed. `id` is ours: the provider keeps it beside the mail, so that a repeat can be recognised. */
export type Mail = {
  id: string;
  to: string;
  subject: string;
  text: string;
  html: string;
  attachments: { filename: string; type: string; content: Uint8Array }[];
};

/** Sends e-mail. Resolves when the provider has accepted it; throws when it has not, with a `Refusal` if it never will. */
export type Mailer = { send(mail: Mail): Promise<void> };
