#!/usr/bin/env ruby
# closelab audit --driver: Ruby's Net::HTTP, with one started connection for each origin.
require "net/http"

$stdout.sync = true
METHODS = %w[GET HEAD POST PUT DELETE].to_h { |word| [word, word] }.merge("GETC" => "GET", "UP" => "POST")
connections = {}

while (line = $stdin.gets)
  step, word, url, number = line.split
  next puts "#{step} ok Net::HTTP of Ruby #{RUBY_VERSION}" if word == "VERSION"
  next puts "#{step} na" unless METHODS[word]
  begin
    uri = URI(url)
    http = connections[uri.host + uri.port.to_s] ||= Net::HTTP.new(uri.host, uri.port).tap { |one| one.keep_alive_timeout = 30; one.open_timeout = one.read_timeout = 8 }
    http.start unless http.started?
    body = word == "UP" ? "\0" * number.to_i : %w[POST PUT].include?(word) ? "ping" : nil
    response = http.send_request(METHODS[word], uri.request_uri, body, word == "GETC" ? { "Connection" => "close" } : {})
    puts "#{step} ok #{response.code} #{response.body.to_s.bytesize}"
  rescue StandardError => error
    puts "#{step} err #{error.class}: #{error.message.lines.first}"
  end
end
