import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

type Fields = Record<string, unknown>;

/** A prompt as Safaricom was asked for it. */
export type AskedPrompt = { checkoutRequestId: string; reference: string; phone: string; shillings: number; callbackUrl: string };

/** A request whose result comes later: about a receipt, a payout, or the balance. */
export type AskedLater = {
  api: 'status' | 'b2c' | 'balance';
  ids: { originator: string; conversation: string };
  receipt: string;
  shillings: number;
  phone: string;
  resultUrl: string;
};

export type Safaricom = {
  url: string;
  prompts: AskedPrompt[];
  /** Asked and not answered yet; whoever plays takes them out. */
  waiting: AskedLater[];
  /** What the query says of a prompt: a result code. */
  queryAnswer: (checkoutRequestId: string) => string;
  /** What a pull lists, at all times. */
  pullRows: () => PullRow[];
  stop(): Promise<void>;
};

/** A line of a pull, and when it really happened. */
export type PullRow = { at: Date; line: Record<string, unknown> };

const PAGE = 100;

/**
 * The product's own questions to Safaricom, answered from what really happened: prompts are only noted, a query says what it is told to say, and everything
 * asynchronous waits until the sequence says that its result comes. No delays, no chance.
 */
export async function startSafaricom({ tellsBalance = false } = {}): Promise<Safaricom> {
  let ids = 0;
  const self: Safaricom = { url: '', prompts: [], waiting: [], queryAnswer: () => '4999', pullRows: () => [], stop: async () => undefined };
  const acknowledged = () => {
    ids += 1;
    return { originator: `4a1c-4e5f-8d3b-${String(ids).padStart(18, '0')}`, conversation: `AG_20261121_${String(ids).padStart(20, '0')}` };
  };

  const later = (fields: Fields, api: AskedLater['api']): Fields => {
    const given = acknowledged();
    const asked = { ...given, originator: api === 'b2c' ? String(fields.OriginatorConversationID) : given.originator };
    self.waiting.push({
      ...{ api, ids: asked, receipt: String(fields.TransactionID ?? ''), shillings: Number(fields.Amount ?? 0) },
      ...{ phone: String(fields.PartyB ?? ''), resultUrl: String(fields.ResultURL) },
    });
    return {
      OriginatorConversationID: asked.originator,
      ConversationID: asked.conversation,
      ResponseCode: '0',
      ResponseDescription: 'Accept the service request successfully.',
    };
  };

  const routes: Record<string, (fields: Fields) => Fields> = {
    '/oauth/v1/generate': () => ({ access_token: 'token00000000000000000000000', expires_in: '3599' }),
    '/mpesa/stkpush/v1/processrequest': (fields) => {
      const checkoutRequestId = `ws_CO_${String(self.prompts.length).padStart(15, '0')}${String(fields.PhoneNumber).slice(-9)}`;
      self.prompts.push({
        ...{ checkoutRequestId, reference: String(fields.AccountReference), phone: String(fields.PhoneNumber) },
        ...{ shillings: Number(fields.Amount), callbackUrl: String(fields.CallBackURL) },
      });
      return {
        ...{ MerchantRequestID: acknowledged().originator, CheckoutRequestID: checkoutRequestId, ResponseCode: '0' },
        ...{ ResponseDescription: 'Success. Request accepted for processing', CustomerMessage: 'Success. Request accepted for processing' },
      };
    },
    '/mpesa/stkpushquery/v1/query': (fields) => ({
      ...{ ResponseCode: '0', ResponseDescription: 'The service request has been accepted successfully' },
      ...{ MerchantRequestID: 'b31f-4564-95fc-12ecddde605b14769223', CheckoutRequestID: fields.CheckoutRequestID },
      ...{ ResultCode: self.queryAnswer(String(fields.CheckoutRequestID)), ResultDesc: 'words vary' },
    }),
    '/pulltransactions/v1/query': ({ StartDate, EndDate, OffSetValue }) => {
      const [from, to] = [StartDate, EndDate].map((text) => Date.parse(`${String(text).replace(' ', 'T')}+03:00`));
      const rows = self.pullRows().filter(({ at }) => at.getTime() >= (from ?? 0) && at.getTime() <= (to ?? 0));
      const page = rows.slice(Number(OffSetValue), Number(OffSetValue) + PAGE).map(({ line }) => line);
      const found = page.length > 0;
      return {
        ...{ ResponseRefID: acknowledged().originator, ResponseCode: found ? '1000' : '1001' },
        ...{ ResponseMessage: found ? 'Success' : 'No records found or Organization Name not available', Response: [page] },
      };
    },
    '/mpesa/transactionstatus/v1/query': (fields) => later(fields, 'status'),
    '/mpesa/b2c/v3/paymentrequest': (fields) => later(fields, 'b2c'),
    ...(tellsBalance && { '/mpesa/accountbalance/v1/query': (fields: Fields) => later(fields, 'balance') }),
  };

  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const answer = routes[new URL(incoming.url ?? '/', 'http://127.0.0.1').pathname];
    const body = answer
      ? answer(text === '' ? {} : (JSON.parse(text) as Fields))
      : { requestId: 'x', errorCode: '404.001.01', errorMessage: 'Resource not found' };
    outgoing.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  self.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  self.stop = async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  };
  return self;
}
