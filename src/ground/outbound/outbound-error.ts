/** Why a request to somebody else's server has no answer. The first is final until a person changes the address; the others may pass. */
export type OutboundReason = 'address_refused' | 'not_reached' | 'certificate_refused' | 'too_slow' | 'answer_too_large';

/** A request that has no answer. Its words name no address: a path or a query may hold a secret. */
export class OutboundError extends Error {
  override name = 'OutboundError';
  readonly reason: OutboundReason;
  constructor(reason: OutboundReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
