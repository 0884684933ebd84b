<?php
// Plain PHP 8 with curl: no library. Both files beside it use these two functions.

/** Asks the site. Returns the HTTP status, 0 where no answer came, and the answer. */
function malipo_ask(string $method, string $path, ?array $body = null, ?string $idempotencyKey = null): array
{
    $headers = ['Accept: application/json', 'Authorization: Bearer ' . getenv('MALIPO_KEY')];
    $options = [
        CURLOPT_CUSTOMREQUEST => $method,
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT => 30,
    ];
    if ($body !== null) {
        $headers[] = 'Content-Type: application/json';
        $options[CURLOPT_POSTFIELDS] = json_encode($body, JSON_THROW_ON_ERROR);
    }
    if ($idempotencyKey !== null) {
        $headers[] = 'Idempotency-Key: ' . $idempotencyKey;
    }
    // With the same key the request is done once, so it may be sent again where no answer came.
    for ($tries = 0; ; $tries++) {
        $curl = curl_init(getenv('MALIPO_URL') . $path);
        curl_setopt_array($curl, $options + [CURLOPT_HTTPHEADER => $headers]);
        $text = curl_exec($curl);
        $status = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
        curl_close($curl);
        $mayRepeat = $method === 'GET' || $idempotencyKey !== null;
        if ($text !== false || !$mayRepeat || $tries === 2) {
            return [$text === false ? 0 : $status, $text === false ? null : json_decode($text, true)];
        }
        sleep(1 + $tries);
    }
}

/** The event of a webhook, or null where it must not be believed: forged, changed or old. */
function malipo_event(string $body, array $server, string $secret): ?array
{
    $id = $server['HTTP_WEBHOOK_ID'] ?? '';
    $sentAt = $server['HTTP_WEBHOOK_TIMESTAMP'] ?? '';
    $key = base64_decode(preg_replace('/^whsec_/', '', $secret), true);
    if ($key === false || strlen($key) < 24) {
        throw new RuntimeException('WEBHOOK_SECRET is missing or cut.');
    }
    if ($id === '' || !ctype_digit($sentAt) || abs(time() - (int) $sentAt) > 300) {
        return null; // an old one is somebody's copy
    }
    $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$sentAt.$body", $key, true));
    foreach (explode(' ', $server['HTTP_WEBHOOK_SIGNATURE'] ?? '') as $given) {
        if (hash_equals($expected, $given)) {
            return json_decode($body, true);
        }
    }
    return null;
}
