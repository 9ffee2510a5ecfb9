#!/usr/bin/perl
# A worker in Perl, sync or async. For one of your own, put another function in the place of Verbs::call.
#
# capabilities: echo void nargs rev size fill list event emptyevent events die exit retire limit signal hold free post twice never json
use strict;
use warnings;
use FindBin;
use IO::Handle;
use IO::Poll;
use lib $FindBin::Bin;
use Verbs;
use Wire;

my $bytes_high = 1 << 20;    # with more unwritten, no further request is taken
my $fd = $ENV{FORKPOOL_FD} || 0;
my ($output, $unanswered) = ('', 0);
open my $in, '<&=', $fd or die "child.pl: descriptor $fd: $!\n";
open my $out, '>&=', $fd || 1 or die 'child.pl: descriptor ', $fd || 1, ": $!\n";

sub write_out {
	while (length $output) {
		my $n = syswrite $out, $output;
		return if !defined $n && $!{EAGAIN};
		die "child.pl: writing: $!\n" unless defined $n || $!{EINTR};
		substr $output, 0, $n // 0, '';
	}
}

sub answerer {
	my ($id) = @_;
	my $is_answered;
	$unanswered++;
	return sub { $is_answered++ or $output .= frame($id, @_), $unanswered-- };
}

sub run {
	my ($input, $at_eof) = ('', 0);
	until ($at_eof && !$unanswered && !length $output) {
		my $poll = IO::Poll->new;
		my $is_reading = !$at_eof && length $output < $bytes_high;
		$poll->mask($out => POLLERR | (length $output ? POLLOUT : 0));
		$poll->mask($in => POLLIN) if $is_reading;
		next if $poll->poll < 0;
		if ($is_reading && $poll->events($in) & (POLLIN | POLLHUP)) {
			my $n = sysread $in, $input, 1 << 16, length $input;
			die "child.pl: reading: $!\n" unless defined $n || $!{EINTR} || $!{EAGAIN};
			$at_eof = defined $n && $n == 0;
		} elsif ($poll->events($out) & (POLLERR | POLLHUP)) {
			die "child.pl: the parent is gone\n" if $unanswered || length "$output$input";
			return;
		}
		write_out();
		while (length $output < $bytes_high and my ($id, @items) = take_frame(\$input)) {
			Verbs::call(answerer($id), sub { $output .= frame(0, @_) }, @items);
			write_out();
		}
	}
	die "child.pl: end of file inside a frame\n" if length $input;
}

$SIG{USR1} = sub { };
$_->blocking(!$is_async) for $in, $out;
run();
END { local $?; $out->blocking(1); write_out() }
