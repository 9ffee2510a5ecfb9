# What the suite asks of a child: the verbs of TESTEE.md. Must not know octets, nor the order of answers.
package Verbs;
use strict;
use warnings;
use Wire;

my (%held, $event);    # $event: how to send one

my %verbs = (    # function(how to answer: once, now or later; arguments)
	echo => sub { my ($answer, @a) = @_; $answer->(@a) },
	void => sub { $_[0]->() },
	nargs => sub { $_[0]->($#_) },
	rev => sub { my ($answer, @a) = @_; $answer->(reverse @a) },
	size => sub { my ($answer, @a) = @_; $answer->(map { length bytes($_) } @a) },
	fill => sub { my ($answer, $n, $s) = @_; $answer->($s x $n) },
	list => sub { my ($answer, $n, $s) = @_; $answer->(($s) x $n) },
	event => sub { my ($answer, @a) = @_; $event->(@a); $answer->('evented') },
	emptyevent => sub { $event->(); $_[0]->() },
	events => sub { my ($answer, $n, @a) = @_; $event->($_, @a) for 1 .. $n; $answer->(@a) },
	die => sub { die "child.pl: $_[1]\n" },
	exit => sub { exit $_[1] },
	retire => sub {
		$event->(':t6Z@HK1N%Dx@_7?=~-7NQgWDdAs6a,jFN=wLO0*jD*1%P', 'quit',
			'<~53rexz.U`!]X[A235^"fyEoiTF\T~oH1l/N6+Djep9b~bI9`\1x%B~vWO1q*');
		$_[0]->('retiring');
	},
	!$is_async ? () : (
		hold => sub { my ($answer, $k, @a) = @_; $held{$k} = sub { $answer->(@a) } },
		free => sub { my ($answer, @k) = @_; (delete $held{$_})->() for @k; $answer->('freed', scalar @k) },
		post => sub { my ($answer, @a) = @_; $answer->(@a); $event->(@a) },
		twice => sub { my ($answer, @a) = @_; $answer->(@a); $answer->(@a) },
		never => sub { },
	));

# The function of this worker.
sub call {
	(my $answer, $event, my ($verb, @a)) = @_;
	return $answer->('noargs') unless defined $verb;
	my $function = $verbs{$verb} or return $answer->('?', $verb);
	$function->($answer, @a);
}

1;
