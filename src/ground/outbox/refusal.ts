/**
 * A provider will never take this, however often it is tried: whoever it is for cannot be written to (`address`), or what is said is not to be said (`message`). Its
 * message names neither.
 */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly about: 'address' | 'message';
  constructor(about: 'address' | 'message', message: string) {
    super(message);
    this.about = about;
  }
}
