#!/usr/bin/perl
# odd: writes several lines to standard error for each read, one of them no text
# right by: FRM-3: what a child says goes over the connection, and nothing else does
# capabilities: echo void nargs rev size fill list event emptyevent events die exit retire limit hold free post twice never json
use strict;
use warnings;
use FindBin;

BEGIN {
	*CORE::GLOBAL::sysread = sub (*\$$;$) {
		print STDERR "reading up to $_[2] octets\n", "\0\xff\0\n", 'x' x 2000, "\n";
		return CORE::sysread($_[0], ${$_[1]}, $_[2], $_[3] // 0);
	};
}
do "$FindBin::Bin/../testees/child.pl" // die $@ || $!;
