# The synchronous worker that the original's start-up asks for (INI-1), written from SPEC.md: Debian has the processes of the
# original, AnyEvent::Fork, but not its RPC, whose module has this name. Must not know what is called.
package AnyEvent::Fork::RPC::Sync;
use strict;
use warnings;

my ($socket, $freeze, $thaw);

sub put {
	my ($id, @items) = @_;
	my $frame = pack 'NN/a*', $id, $freeze->(@items);
	while (length $frame) {
		my $n = syswrite $socket, $frame;
		die "writing: $!\n" unless defined $n;
		substr $frame, 0, $n, '';
	}
}

sub AnyEvent::Fork::RPC::event { put(0, @_) }

# So many octets; undef at end of file before the first.
sub take {
	my ($wanted) = @_;
	my $octets = '';
	while (length $octets < $wanted) {
		my $n = sysread $socket, $octets, $wanted - length $octets, length $octets;
		die "reading: $!\n" unless defined $n;
		next if $n;
		return undef unless length $octets;
		die "end of file inside a frame\n";
	}
	return $octets;
}

sub do_exit { CORE::exit 0 }

sub run {
	($socket, my @args) = @_;
	my ($function, $init, $serialiser, $done) = splice @args, -4;
	no strict 'refs';
	&$init(@args) if length $init;
	($freeze, $thaw) = eval $serialiser or die $@;
	while (defined(my $head = take(4))) {
		put(1, &$function($thaw->(take(unpack 'N', $head) // die "end of file inside a frame\n")));
	}
	shutdown $socket, 1;
	&$done();
}

1;
