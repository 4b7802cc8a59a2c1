# SPDX-License-Identifier: GPL-3.0-or-later
# A PSGI application, served by Starlet on the manager's socket. It says itself when it is loaded.
use strict;
use warnings;
use IO::Socket::UNIX;

if (my $address = $ENV{NOTIFY_SOCKET}) {
    $address =~ s/^@/\0/;
    my $messenger = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Peer => $address) or die "cannot reach the manager: $!";
    $messenger->send("READY=1");
}

sub {
    my $body = sprintf "Hello from version=%s pid=%d slot=%s\n", $ENV{VERSION}, $$, $ENV{EINHORN_CHILD_INDEX};
    return [200, ["Content-Type" => "text/plain", "Content-Length" => length $body], [$body]];
};
