// npm install express ./malipo-0.2.0.tgz
// MALIPO_URL=https://duka.example MALIPO_KEY=mlp_... WEBHOOK_SECRET=whsec_... node server.mjs
import express from 'express';
import { createMalipo, MalipoError, verifyWebhook, WebhookError } from 'malipo';

const malipo = createMalipo({ url: process.env.MALIPO_URL, key: process.env.MALIPO_KEY });
const orders = new Map(); // in your database: a process forgets
const worked = new Set(); // the ids of events, in a table with a unique key
const ITEMS = [{ sku: 'tea', quantity: 1 }]; // of your own order, never of the browser

const app = express();

// Before express.json(): a signature is over the body as it came.
app.post('/malipo', express.raw({ type: 'application/json' }), async (request, response) => {
  let event;
  try {
    event = await verifyWebhook(request.body, request.headers, process.env.WEBHOOK_SECRET);
  } catch (error) {
    if (!(error instanceof WebhookError)) throw error;
    console.error(`Not believed: ${error.reason}`);
    return response.sendStatus(401);
  }
  if (!worked.has(event.id)) {
    worked.add(event.id);
    if (event.data.object === 'payment') {
      const { externalReference, paymentId, status, proved } = event.data; // as it stands now: `type` only says why you hear of it
      orders.set(externalReference, { paymentId, status, proved });
      console.log(`${event.type} ${externalReference} ${status}`);
    }
  }
  response.sendStatus(204);
});

app.use(express.json());

app.post('/orders/:id/pay', async (request, response) => {
  const { id } = request.params;
  const { phoneNumber } = request.body;
  const earlier = orders.get(id); // tried again it is the same payment: it can be paid once
  try {
    const what = earlier ? { paymentId: earlier.paymentId } : { items: ITEMS, externalReference: id };
    const { paymentId, customerMessage } = await malipo.payments.prompt({ phoneNumber, ...what });
    if (!earlier) orders.set(id, { paymentId, status: 'pending' });
    response.status(202).json({ paymentId, says: customerMessage });
  } catch (error) {
    if (!(error instanceof MalipoError)) throw error;
    console.error(error.message, error.remedy ?? '', error.requestId ?? '');
    const says = error.problem?.customerMessage ?? 'We could not ask for the payment. Look at your phone before you try again.';
    response.status(error.status ?? 503).json({ code: error.code, says });
  }
});

app.get('/payments/:id', async (request, response) => {
  const { status, customerMessage } = await malipo.payments.read(request.params.id);
  response.json({ status, says: customerMessage }); // pending and unknown are not failed: the page asks again
});

app.get('/orders/:id', (request, response) => response.json(orders.get(request.params.id) ?? { status: 'not heard of' }));

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => console.log(`listening on ${server.address().port}`));
