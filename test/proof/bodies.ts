import { toNairobiTimestamp } from '#mpesa/daraja/nairobi-timestamp.ts';

/** The bodies as Safaricom writes them, by daraja/api.md sections 3, 4, 5, 7 and 8. */

export type NoticeWords = {
  receipt: string;
  shillings: number;
  reference: string;
  at: Date;
  msisdn: string;
  shortcode: string;
  till?: boolean;
};

export const noticeBody = ({ receipt, shillings, reference, at, msisdn, shortcode, till = false }: NoticeWords): string =>
  JSON.stringify({
    TransactionType: till ? 'Customer Merchant Payment' : 'Pay Bill',
    TransID: receipt,
    TransTime: toNairobiTimestamp(at),
    TransAmount: `${shillings}.00`,
    BusinessShortCode: shortcode,
    BillRefNumber: reference,
    InvoiceNumber: '',
    OrgAccountBalance: '57568.00',
    ThirdPartyTransID: '',
    MSISDN: msisdn,
    FirstName: 'WANJIKU',
  });

export type CallbackWords = {
  checkoutRequestId: string;
  resultCode: number;
  receipt: string;
  shillings: number;
  at: Date;
  phone?: unknown;
};

export function stkCallbackBody({ checkoutRequestId, resultCode, receipt, shillings, at, phone }: CallbackWords): string {
  const Item = [
    { Name: 'Amount', Value: shillings },
    { Name: 'MpesaReceiptNumber', Value: receipt },
    { Name: 'Balance' },
    { Name: 'TransactionDate', Value: Number(toNairobiTimestamp(at)) },
    ...(phone === undefined ? [] : [{ Name: 'PhoneNumber', Value: phone }]),
  ];
  const stkCallback = {
    MerchantRequestID: 'b31f-4564-95fc-12ecddde605b14769223',
    CheckoutRequestID: checkoutRequestId,
    ResultCode: resultCode,
    ResultDesc: resultCode === 0 ? 'The service request is processed successfully.' : 'It was not.',
    ...(resultCode === 0 && { CallbackMetadata: { Item } }),
  };
  return JSON.stringify({ Body: { stkCallback } });
}

type ResultWords = {
  code?: number | string;
  ids: { originator: string; conversation: string };
  transactionId: string;
  parameters?: Record<string, string | number>;
};

/** A result of any asynchronous request. */
export const resultBody = ({ code = 0, ids, transactionId, parameters }: ResultWords): string =>
  JSON.stringify({
    Result: {
      ResultType: 0,
      ResultCode: code,
      ResultDesc: code === 0 ? 'The service request is processed successfully.' : 'It was not.',
      OriginatorConversationID: ids.originator,
      ConversationID: ids.conversation,
      TransactionID: transactionId,
      ...(parameters && {
        ResultParameters: { ResultParameter: Object.entries(parameters).map(([Key, Value]) => ({ Key, Value })) },
      }),
    },
  });

/** What a status answer says of a completed movement; without `at` it names no time. */
export const statusParameters = (told: {
  receipt: string;
  shillings: number;
  debit: string;
  credit: string | undefined;
  at: Date | undefined;
}) => ({
  DebitPartyName: told.debit,
  ...(told.credit !== undefined && { CreditPartyName: told.credit }),
  OriginatorConversationID: '4a1c-4e5f-8d3b-92d1c0e8a6f414769223',
  ...(told.at && { InitiatedTime: Number(toNairobiTimestamp(told.at)) }),
  DebitAccountType: 'MMF Account For Customer',
  ReasonType: 'Pay Bill Online',
  TransactionStatus: 'Completed',
  ...(told.at && { FinalisedTime: Number(toNairobiTimestamp(told.at)) }),
  Amount: told.shillings,
  ConversationID: 'AG_20261121_010020480ucukatfpxp2',
  ReceiptNo: told.receipt,
});
