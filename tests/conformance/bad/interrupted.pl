# A child that answers one request; a read that a signal interrupts is its end, unless it was told to `retry`.
use strict;
use warnings;
use Errno "EINTR";

$SIG{USR1} = sub { };
open my $connection, "+<&=", $ENV{FORKPOOL_FD} or die;
my ($retry, $request) = ((shift // "") eq "retry", "");
while (length $request < 11) {
	my $n = sysread $connection, $request, 11 - length $request, length $request;
	next if !defined $n && $! == EINTR && $retry;
	exit 0 if !$n;
}
syswrite $connection, pack("NN/a", 1, "\1a");
while (!defined(my $n = sysread $connection, my $rest, 1)) { exit 0 if !$retry }
