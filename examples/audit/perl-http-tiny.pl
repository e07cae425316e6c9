#!/usr/bin/env perl
# closelab audit --driver: HTTP::Tiny, with its one kept connection.
use strict;
use warnings;
use HTTP::Tiny;

$| = 1;
my $client = HTTP::Tiny->new(timeout => 8);
my %method = (GETC => 'GET', GETF => 'GET', UP => 'POST', map { $_ => $_ } qw(GET HEAD POST PUT DELETE));
while (my $line = <STDIN>) {
  my ($step, $word, $url, $number) = split ' ', $line;
  if ($word eq 'VERSION') { print "$step ok HTTP::Tiny $HTTP::Tiny::VERSION\n"; next }
  if (!$method{$word}) { print "$step na\n"; next }
  my %options;
  $options{content} = 'ping' if $word =~ /^(POST|PUT)$/;
  $options{content} = "\0" x $number if $word eq 'UP';
  $options{headers} = {Connection => 'close'} if $word eq 'GETC';
  my $response = $client->request($method{$word}, $url, \%options);
  # 599 is its word for an error of its own.
  my ($text) = ($response->{content} // '') =~ /^(.*)/;
  print $response->{status} == 599 ? "$step err $text\n" : "$step ok $response->{status} " . length($response->{content} // '') . "\n";
}
