import { verifyWebhook, WebhookError, type WebhookEvent } from 'malipo';

/** POST /malipo: the webhook. `request.text()` is the body as it came, and that is what is signed. */
export async function POST(request: Request): Promise<Response> {
  try {
    await work(await verifyWebhook(await request.text(), request.headers, process.env.WEBHOOK_SECRET));
    return new Response(null, { status: 204 });
  } catch (error) {
    if (!(error instanceof WebhookError)) throw error; // 500: it is sent again
    console.error(`Not believed: ${error.reason}`);
    return new Response(null, { status: 401 });
  }
}

/** Insert `event.id` into a table with a unique key first: the same event may come again. */
async function work(event: WebhookEvent): Promise<void> {
  switch (event.type) {
    case 'payment.paid':
    case 'payment.proved':
      console.log(`${event.data.externalReference} is ${event.data.status}, ${event.data.proved ? 'proved' : 'told'}`);
      break;
    case 'booking.held':
      console.log(`Booking ${event.data.bookingId} holds ${event.data.amount}`);
      break;
  }
}
