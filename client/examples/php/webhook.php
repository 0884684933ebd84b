<?php
require __DIR__ . '/malipo.php';

$event = malipo_event(file_get_contents('php://input'), $_SERVER, (string) getenv('WEBHOOK_SECRET'));
if ($event === null) {
    http_response_code(401);
    exit;
}
// Insert $event['id'] into a table with a unique key; where it is there already, you have worked it.
if ($event['type'] === 'payment.paid') {
    error_log($event['data']['externalReference'] . ' is ' . $event['data']['status']);
}
http_response_code(204);
