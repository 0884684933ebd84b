import { createMalipo, MalipoError } from 'malipo';

/** Made when it is used: while Next builds there may be no key. */
const malipo = () => createMalipo({ url: process.env.MALIPO_URL, key: process.env.MALIPO_KEY });

/** POST /pay {"phoneNumber": "0712 345 678", "orderId": "order-17"}: prompts the customer. */
export async function POST(request: Request): Promise<Response> {
  const { phoneNumber, orderId } = (await request.json()) as { phoneNumber: string; orderId: string };
  const items = [{ sku: 'tea', quantity: 1 }]; // of your own order, never of the browser
  try {
    const { paymentId, customerMessage } = await malipo().payments.prompt({ phoneNumber, items, externalReference: orderId });
    return Response.json({ paymentId, says: customerMessage }, { status: 202 });
  } catch (error) {
    if (!(error instanceof MalipoError)) throw error;
    console.error(error.message, error.remedy, error.requestId);
    const says = error.problem?.customerMessage ?? 'We could not ask for the payment. Look at your phone before you try again.';
    return Response.json({ code: error.code, says }, { status: error.status ?? 503 });
  }
}

/** GET /pay?paymentId=...: how it stands. The page asks again while it is pending or unknown: neither is failed. */
export async function GET(request: Request): Promise<Response> {
  const paymentId = new URL(request.url).searchParams.get('paymentId') ?? '';
  const { status, customerMessage } = await malipo().payments.read(paymentId);
  return Response.json({ status, says: customerMessage });
}
