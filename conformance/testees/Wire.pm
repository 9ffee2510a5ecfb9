# Lists and frames of the protocol, at the child's end. Must not know descriptors, nor what a list means.
package Wire;
use strict;
use warnings;
use Exporter 'import';
use JSON::PP;

our @EXPORT = qw($is_async bytes frame take_frame);
our $is_async = ($ENV{FORKPOOL_MODE} // '') eq 'async';
my $is_json = ($ENV{FORKPOOL_SERIALISER} // '') eq 'json';
my $u32 = ($ENV{FORKPOOL_PROFILE} // '') eq 'native' ? 'L' : 'N';
my $bytes_max = $ENV{FORKPOOL_FRAME_MAX} || 256 << 20;
my $json = JSON::PP->new->utf8;

# An item as the string serialiser writes it.
sub bytes { my ($text) = @_; utf8::encode($text) if $is_json; $text }

sub freeze { $is_json ? $json->encode([@_]) : pack '(w/a*)*', @_ }

sub thaw {
	my ($payload) = @_;
	if ($is_json) {
		my $list = $json->decode($payload);
		return ref $list eq 'ARRAY' ? @$list : die "not an array\n";
	}
	my @items;
	while (length $payload) {    # stricter than unpack, which shortens an item that goes on beyond the end
		$payload =~ s/^\x80*([\x80-\xff]{0,8}[\x00-\x7f])// && unpack('w', $1) <= length $payload or die "an item is cut off\n";
		push @items, substr $payload, 0, unpack('w', $1), '';
	}
	return @items;
}

# Octets to be written. Id 0 is an event.
sub frame {
	my ($id, @items) = @_;
	my $payload = freeze(@items);
	die "child.pl: an answer is too long\n" if length $payload > $bytes_max;
	return pack "$u32$u32/a*", $id, $payload;
}

# Takes the first frame off: id or 1, items. Nothing if it is not complete.
sub take_frame {
	my ($input) = @_;
	my ($head, $id, $length) = ($is_async ? 8 : 4, 1);
	return if length $$input < $head;
	($length, $id) = reverse unpack $is_async ? "$u32$u32" : $u32, $$input;
	die "child.pl: a frame of $length octets is too long\n" if $length > $bytes_max;
	return if length $$input < $head + $length;
	substr $$input, 0, $head, '';
	return $id // 1, thaw(substr $$input, 0, $length, '');
}

1;
