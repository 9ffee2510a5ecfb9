#!/usr/bin/perl
# A child in one file to start from: copy it, and put your own function in the place of `call`.
#
# capabilities: void rev event die
use strict;
use warnings;
use IO::Handle;

my $fd = $ENV{FORKPOOL_FD} || 0;
my $is_async = ($ENV{FORKPOOL_MODE} // '') eq 'async';
my $u32 = ($ENV{FORKPOOL_PROFILE} // '') eq 'native' ? 'L' : 'N';
my $payload_max = 256 << 20;
open my $requests, '<&=', $fd or die "descriptor $fd: $!\n";
open my $replies, '>&=', $fd || 1 or die 'descriptor ', $fd || 1, ": $!\n";
$_->blocking(1) && binmode $_ for $requests, $replies;
$replies->autoflush;

# The function of this worker. What it returns is the answer; where it dies, the worker ends.
sub call {
	my ($verb, @items) = @_;
	return 'noargs' unless defined $verb;
	return @items if $verb eq 'echo';
	return reverse @items if $verb eq 'rev';
	return () if $verb eq 'void';
	die "$items[0]\n" if $verb eq 'die';
	return '?', $verb unless $verb eq 'event';
	put(0, @items);
	return 'evented';
}

# The items of a list. unpack alone would shorten an item that goes on beyond the end.
sub items {
	my ($payload) = @_;
	my @items;
	while (length $payload) {
		$payload =~ s/^(\x80*[\x80-\xff]{0,8}[\x00-\x7f])// or die "the length of an item is cut off or too large\n";
		my $length = unpack 'w', $1;
		die "an item goes on beyond the end of its payload\n" if $length > length $payload;
		push @items, substr $payload, 0, $length, '';
	}
	return @items;
}

sub put {
	my ($id, @items) = @_;
	print $replies pack "$u32$u32/a*", $id, pack '(w/a*)*', @items or die "writing: $!\n";
}

# So many octets. Fewer, none, only where a request may begin.
sub get {
	my ($length, $is_first) = @_;
	my $n = read $requests, my $octets, $length;
	die "reading: $!\n" unless defined $n;
	die "end of file inside a request\n" if $n < $length && !($is_first && $n == 0);
	return $octets;
}

my $head_length = $is_async ? 8 : 4;
while (length(my $head = get($head_length, 1))) {
	my ($length, $id) = reverse unpack "$u32*", $head;
	die "a payload of $length octets is too long\n" if $length > $payload_max;
	put($id // 1, call(items(get($length))));
}
