# SPDX-License-Identifier: GPL-3.0-or-later
# A web server that accepts on its standard input, one connection after the other; on TERM it leaves after the one that
# it is at.
use strict;
use warnings;
use Errno qw(EAGAIN EINTR);
use Socket;

my $told = 0;
$SIG{TERM} = sub { $told = 1 };
$SIG{PIPE} = 'IGNORE';

my $version = $ENV{VERSION} // 'v1';
my $slot = $ENV{EINHORN_CHILD_INDEX} // '-';
my $body = "Hello from version=$version pid=$$ slot=$slot\n";
my $answer = "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " . length($body) . "\r\n\r\n$body";

until ($told) {
    my $ready = '';
    vec($ready, 0, 1) = 1;
    select($ready, undef, undef, 0.1) > 0 or next;
    my $client;
    accept($client, STDIN) or next;    # a sibling was quicker
    my $request = '';
    while ($request !~ /\r\n\r\n/) {
        my $waiting = '';
        vec($waiting, fileno($client), 1) = 1;
        my $found = select($waiting, undef, undef, 10);
        next if $found < 0 && $! == EINTR;
        last if $found <= 0;
        my $got = sysread($client, $request, 4096, length($request));
        next if !defined $got && ($! == EINTR || $! == EAGAIN);
        last unless $got;
    }
    syswrite($client, $answer) if $request =~ /\r\n\r\n/;
    close($client);
}
