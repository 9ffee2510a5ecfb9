# What the perl workers of test_perl.c do.
package Teller;
use strict;
use warnings;

my @given;

sub init { @given = @_ }

sub answer {
	my ($verb, @items) = @_;
	return reverse @items if $verb eq 'reverse';
	return @given if $verb eq 'given';
	return $$ if $verb eq 'pid';
	AnyEvent::Fork::RPC::event('told', @items), return 'told' if $verb eq 'tell';
	kill KILL => $$ if $verb eq 'die';
	die "no such verb\n";
}

1;
