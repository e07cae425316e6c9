#!/usr/bin/env php
<?php
// closelab audit --driver: PHP's http:// streams. Each request has a connection of its own.
$methods = ["GETF" => "GET", "UP" => "POST"] + array_combine($words = ["GET", "HEAD", "POST", "PUT", "DELETE"], $words);
while (($line = fgets(STDIN)) !== false) {
  [$step, $word, $url, $number] = array_pad(explode(" ", trim($line)), 4, 0);
  if ($word === "VERSION") {
    echo "$step ok streams of PHP ", PHP_VERSION, "\n";
  } elseif (!isset($methods[$word])) {
    echo "$step na\n";
  } else {
    $sends = in_array($word, ["POST", "PUT", "UP"]);
    $options = ["method" => $methods[$word], "timeout" => 8, "ignore_errors" => true, "protocol_version" => 1.1];
    if ($sends) $options += ["content" => $word === "UP" ? str_repeat("\0", (int) $number) : "ping", "header" => "Content-Type: text/plain"];
    $http_response_header = [];
    $body = @file_get_contents($url, false, stream_context_create(["http" => $options]));
    preg_match_all("#^HTTP/\S+ (\d+)#m", implode("\n", $http_response_header), $statuses);
    $failed = $body === false || !$statuses[1];
    echo $failed ? "$step err " . (error_get_last()["message"] ?? "no answer") . "\n" : "$step ok " . end($statuses[1]) . " " . strlen($body) . "\n";
  }
}
