#!/usr/bin/perl
# odd: writes several lines to standard error for each request, one of them no text
# right by: FRM-3: what a child says goes over the connection, and nothing else does
# capabilities: echo void nargs rev size fill list event emptyevent events die exit retire limit hold free post twice never json
use strict;
use warnings;
use FindBin;

use lib "$FindBin::Bin/../testees";
use Verbs;

my $call = \&Verbs::call;
no warnings 'redefine';
*Verbs::call = sub {
	print STDERR "here is a request\n", "\0\xff\0\n", 'x' x 2000, "\n";
	$call->(@_);
};
do "$FindBin::Bin/../testees/child.pl" // die $@ || $!;
