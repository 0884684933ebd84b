<?php
// POST with phoneNumber and orderId: prompts the customer, and says what to show.
require __DIR__ . '/malipo.php';

header('Content-Type: application/json');
$orderId = $_POST['orderId'] ?? '';
[$status, $answer] = malipo_ask('POST', '/api/payments/stk-push', [
    'phoneNumber' => $_POST['phoneNumber'] ?? '',
    'items' => [['sku' => 'tea', 'quantity' => 1]], // of your own order, never of the browser
    'externalReference' => $orderId,
], bin2hex(random_bytes(16)));

if ($status === 200 || $status === 201) {
    // Not paid yet: ask GET /api/payments/{paymentId} until its status is neither "pending" nor "unknown", or wait for the webhook.
    echo json_encode(['paymentId' => $answer['paymentId'], 'says' => $answer['customerMessage']]);
    exit;
}
error_log('Malipo: ' . ($answer['code'] ?? 'no answer') . ' ' . ($answer['detail'] ?? '') . ' ' . ($answer['requestId'] ?? ''));
http_response_code($status ?: 503);
// No answer is not a failure: the prompt may be on the phone.
echo json_encode(['says' => $answer['customerMessage'] ?? 'We could not ask for the payment. Look at your phone before you try again.']);
