/** A provider will never accept this: because of its recipient (`address`) or its content (`message`). The error's text names neither. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly about: 'address' | 'message';
  constructor(about: 'address' | 'message', message: string) {
    super(message);
    this.about = about;
  }
}
