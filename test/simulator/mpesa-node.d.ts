declare module 'mpesa-node' {
  type Reply = Promise<{ data: Record<string, string> }>;
  /** The part of the client that is used here; it brings no types of its own. */
  export default class Mpesa {
    baseURL: string;
    constructor(config: Record<string, string | number>);
    lipaNaMpesaOnline(phone: number, amount: number, callbackUrl: string, account: string): Reply;
    lipaNaMpesaQuery(checkoutRequestId: string): Reply;
    b2c(from: number, to: number, amount: number, timeoutUrl: string, resultUrl: string): Reply;
    c2bRegister(confirmationUrl: string, validationUrl: string): Reply;
    c2bSimulate(phone: number, amount: number, account: string): Reply;
    transactionStatus(receipt: string, shortcode: number, identifierType: number, timeoutUrl: string, resultUrl: string): Reply;
    accountBalance(shortcode: number, identifierType: number, timeoutUrl: string, resultUrl: string): Reply;
    reversal(receipt: string, amount: number, timeoutUrl: string, resultUrl: string): Reply;
  }
}
