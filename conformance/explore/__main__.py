"""The command line of forkpool-explore."""
import argparse
import dataclasses
import math
import os
import pathlib
import shlex
import subprocess
import sys

from . import parent_steps, pool_steps, steps
from .clauses import clauses
from .draw import Draw
from .lists import FREEZE
from .parent_draw import ParentDraw
from .parent_play import ParentPlay
from .parent_transcript import ParentWriter
from .play import Play
from .player import HANG_S, Testee
from .pool_draw import PoolDraw
from .pool_play import NOT_STARTED, PoolPlay, PoolWriter, conform
from .search import SHRINK_MAX, Search
from .transcript import Writer, pieces_of
from .wire import Form


@dataclasses.dataclass(frozen=True)
class Side:
    """Who is judged, and by what. hello: a session of one call."""
    draw: type
    play: type
    writer: type
    words: frozenset
    hello: object


def child_hello(form, can):
    echo = form.request(1, FREEZE[form.serialiser]([Draw(form, can).word("echo")]))
    return steps.Session((steps.Send((echo,)), steps.Await(), steps.End()))


def parent_hello(_form, _can):
    return parent_steps.Session((parent_steps.Calls(((),)),))


def pool_hello(_form, _can):
    return pool_steps.Session((pool_steps.Call(),))


SIDES = {
    "child": Side(Draw, Play, Writer, frozenset("void nargs rev size fill list event emptyevent events die exit retire limit hold free post "
                                                        "twice never signal".split()), child_hello),
    "parent": Side(ParentDraw, ParentPlay, ParentWriter, frozenset("event error failure end lastid limit".split()), parent_hello),
    "pool": Side(PoolDraw, PoolPlay, PoolWriter, frozenset("min min_idle max_idle busy_time idle_time calls_max retire restore cancel "
                                                             "retries queue_max".split()), pool_hello),
}
UNKNOWN = 1 << 62  # octets: more than there are
SHOWN_BYTES_MAX = 400
EXAMPLES = """examples:
  forkpool-explore --child 'exec ./worker --fd {fd}'
  forkpool-explore --child 'exec ./worker' --stdio --async --can hold,free,event --sessions 2000
  forkpool-explore --child 'exec ./worker' --can all --seed 7 --write found.transcript
  forkpool-explore --parent 'exec ./parent --fd {fd}' --can event,error
  forkpool-explore --pool 'exec ./pool' --can busy_time,idle_time,restore

Exit status: 0 nothing found, 1 a session went wrong, 2 wrong usage, 3 CMD did
not start."""


class Parser(argparse.ArgumentParser):
    """Says on one line what is wrong."""

    def error(self, message):
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def parse():
    parser = Parser(prog="forkpool-explore", epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter,
                    description="Plays random sessions with a child, a parent or a pool, and judges it by a model of SPEC.md.")
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--child", metavar="CMD", help="what is judged; {fd} in it is the number of the connection's descriptor")
    who.add_argument("--parent", metavar="CMD", help="likewise, with a control channel on standard input and output")
    who.add_argument("--pool", metavar="CMD", help="a pool, which has nothing but a control channel; played by forkpool-conform")
    parser.add_argument("--stdio", action="store_true", help="of a child: the connection is standard input and output instead")
    parser.add_argument("--async", dest="mode", action="store_const", const="async", default="sync", help="mode [sync]")
    parser.add_argument("--profile", choices=("network", "native"), default="network", help="byte order of frames [network]")
    parser.add_argument("--serialiser", choices=("string", "json"), default="string", help="form of lists [string]")
    parser.add_argument("--can", metavar="WORD,...", default="", help="capabilities beyond level 0, as in TESTEE.md, or all")
    parser.add_argument("--level", choices=("must", "should"), default="should", help="of what counts as wrong [should]")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="other sessions [1]")
    parser.add_argument("--sessions", type=positive, default=300, metavar="N", help="how many are drawn; those that come again are played once [300]")
    parser.add_argument("--shrink", type=positive, default=SHRINK_MAX, metavar="N", help=f"sessions to make one smaller that went wrong [{SHRINK_MAX}]")
    parser.add_argument("--hang", type=seconds, default=HANG_S, metavar="SECONDS", help=f"what sleeps for longer hangs [{HANG_S}]")
    parser.add_argument("--write", metavar="FILE", type=pathlib.Path, help="the session that went wrong, as a transcript")
    options = parser.parse_args()
    options.side = next(side for side in SIDES if vars(options)[side] is not None)
    options.command = vars(options)[options.side]
    if options.stdio and options.side != "child":
        parser.error("--stdio is for a child; the others have their control channel there")
    if options.serialiser != "string" and options.side == "pool":
        parser.error("--serialiser is for a child or a parent; items of a pool are octets")
    if options.write and not can_be_written(options.write):  # said now, not when all is done
        parser.error(f"--write {options.write}: cannot be written")
    try:
        options.can = capabilities(options.can, SIDES[options.side].words)
    except ValueError as unknown:
        parser.error(f"--can: {unknown}")
    return options


def capabilities(text, known):
    words = set(text.replace(",", " ").split())
    if "all" in words:
        return known
    if unknown := words - known - {"echo", "call", "json"}:
        raise ValueError(f"{min(unknown)}: no capability; those are {' '.join(sorted(known))}, and all")
    return frozenset(words)


def positive(text):
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text}: a number from 1 on is expected")
    return int(text)


def can_be_written(path):
    return not path.is_dir() and os.access(path if path.exists() else path.parent, os.W_OK)


def seconds(text):
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text}: seconds, more than 0, are expected")
    return value


def start_fault(options):
    """What forkpool-conform says of one that does not start; None if it starts."""
    words = [conform(), "run", f"--{options.side}", options.command, f"--{options.mode}", "--clause", "FRM-1,FRM-2,POOL-4",
             "--variant", "as-written", *["--stdio"] * options.stdio]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.stderr.partition(": ")[2].strip() if done.returncode == NOT_STARTED else None


def measured(side, testee, options):
    """The testee, with the memory of a session of one call; leaves if it does not even start."""
    play = side.play(dataclasses.replace(testee, base_bytes=UNKNOWN), side.hello(testee.form, testee.can))
    if play.run() and (why := start_fault(options)):
        sys.stderr.write(f"forkpool-explore: {why}\n")
        sys.exit(NOT_STARTED)
    return dataclasses.replace(testee, base_bytes=play.peak_bytes)


def progress(count, total):
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{count} of {total} sessions")
        sys.stderr.flush()


def shown(octets):
    text = pieces_of(octets)
    return text if len(text) <= SHOWN_BYTES_MAX else f"{text[:SHOWN_BYTES_MAX]} ... ({len(octets)} octets)"


def first_difference(expected, seen):
    return next((i for i, (a, b) in enumerate(zip(expected, seen)) if a != b), min(len(expected), len(seen)))


def replay_command(options):
    words = ["forkpool-conform", "replay", str(options.write or "FILE"), f"--{options.side}", shlex.quote(options.command)]
    return " ".join(words + (["--stdio"] if options.stdio else []))


def report(options, search, session, finding):
    title, level = clauses()[finding.clause]
    text = SIDES[options.side].writer(search.testee.form, session, options.can).write(finding)
    print(f"{finding.clause} ({level}) {title}: {finding.text}")
    print(f"found in session {search.found_after} of seed {options.seed}, made smaller in {search.played - search.found_after} more\n")
    if finding.expected is not None:
        print(f"expected  {shown(finding.expected) or 'nothing'}\nseen      {shown(finding.seen) or 'nothing'}")
        print(f"the first difference is at octet {first_difference(finding.expected, finding.seen)}\n")
    print(text)
    if options.write:
        options.write.write_text(text)
    print(f"again: {replay_command(options)}")


def main():
    options = parse()
    form = Form(options.mode, options.profile, options.serialiser)
    side = SIDES[options.side]
    testee = measured(side, Testee(options.command, form, options.can, options.stdio, has_control=options.side == "parent"), options)
    levels = clauses()
    search = Search(side.play, testee, side.draw(form, options.can, options.stdio).session, options.sessions, options.seed, options.hang,
                    lambda n: progress(n, options.sessions), lambda finding: options.level == "should" or levels[finding.clause][1] == "MUST",
                    options.shrink)
    found = search.run()
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
    if not found:
        print(f"nothing found in {search.played} sessions of seed {options.seed}")
        return 0
    report(options, search, *found)
    return 1


if __name__ == "__main__":
    sys.exit(main())
