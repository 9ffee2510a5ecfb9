#!/usr/bin/perl
# odd: begins to read a fifth of a second after its start
# right by: FRM-5: when octets are read is nobody's business
# capabilities: echo void nargs rev size fill list event emptyevent events die exit retire limit hold free post twice never json
use strict;
use warnings;
use FindBin;

select undef, undef, undef, 0.2;
exec "$FindBin::Bin/../testees/child.pl" or die "child.pl: $!\n";
