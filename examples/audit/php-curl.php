#!/usr/bin/env php
<?php
// closelab audit --driver: PHP's curl extension, with one handle.
$curl = curl_init();
$methods = ["GETC" => "GET", "GETF" => "GET", "UP" => "POST"] + array_combine($words = ["GET", "HEAD", "POST", "PUT", "DELETE"], $words);
while (($line = fgets(STDIN)) !== false) {
  [$step, $word, $url, $number] = array_pad(explode(" ", trim($line)), 4, 0);
  if ($word === "VERSION") {
    echo "$step ok PHP ", PHP_VERSION, ", libcurl ", curl_version()["version"], "\n";
  } elseif (!isset($methods[$word])) {
    echo "$step na\n";
  } else {
    curl_reset($curl);
    curl_setopt_array($curl, [CURLOPT_URL => $url, CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 8, CURLOPT_FOLLOWLOCATION => true,
      CURLOPT_CUSTOMREQUEST => $methods[$word], CURLOPT_NOBODY => $word === "HEAD"]);
    if (in_array($word, ["POST", "PUT", "UP"])) curl_setopt($curl, CURLOPT_POSTFIELDS, $word === "UP" ? str_repeat("\0", (int) $number) : "ping");
    if ($word === "GETC") curl_setopt($curl, CURLOPT_HTTPHEADER, ["Connection: close"]);
    $body = curl_exec($curl);
    echo $body === false ? "$step err " . curl_error($curl) . "\n" : "$step ok " . curl_getinfo($curl, CURLINFO_RESPONSE_CODE) . " " . strlen($body) . "\n";
  }
}
