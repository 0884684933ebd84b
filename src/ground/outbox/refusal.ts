/** A provider will never accept this: because of its recipient (`address`) or its content (`message`). The error's text names neither. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly about: 'address' | 'message';
  constructor(about: 'address' | 'message', message: string) {
    super(message);
    this.about = about;
  }
}

/** A provider did not take a message now: it is down, busy, or did not answer. It may take it later. The error's text names neither recipient nor content. */
export class ProviderFailure extends Error {
  override name = 'ProviderFailure';
}
