#!/usr/bin/env perl
# closelab audit --driver: LWP, keeping up to four connections.
use strict;
use warnings;
use LWP::UserAgent;

$| = 1;
my $client = LWP::UserAgent->new(timeout => 8, keep_alive => 4);
my %method = (GETC => 'GET', GETF => 'GET', UP => 'POST', map { $_ => $_ } qw(GET HEAD POST PUT DELETE));
while (my $line = <STDIN>) {
  my ($step, $word, $url, $number) = split ' ', $line;
  if ($word eq 'VERSION') { print "$step ok LWP $LWP::UserAgent::VERSION\n"; next }
  if (!$method{$word}) { print "$step na\n"; next }
  my $request = HTTP::Request->new($method{$word}, $url);
  $request->content('ping') if $word =~ /^(POST|PUT)$/;
  $request->content("\0" x $number) if $word eq 'UP';
  $request->header(Connection => 'close') if $word eq 'GETC';
  my $response = $client->request($request);
  # A response of its own making is its word for an error.
  my $failed = $response->header('Client-Warning') || $response->header('X-Died');
  print $failed ? "$step err " . $response->status_line =~ s/\n.*//sr . "\n" : "$step ok " . $response->code . ' ' . length($response->content) . "\n";
}
