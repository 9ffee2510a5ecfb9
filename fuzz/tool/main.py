"""forkpool-fuzz: runs, replays, explains and keeps fuzz inputs of forkpool's parsers and policy.

A target is a pure part of the library, the simulator or a reader of texts (list names them). An input is a file of the octets that
came over the wire, and nothing else. examples:

  forkpool-fuzz list                            what targets there are, and what each asserts
  forkpool-fuzz run child --time 60             fuzz for a minute (needs clang)
  forkpool-fuzz replay fuzz/corpus/child        judge inputs again (any compiler); --all: corpus and regressions
  forkpool-fuzz explain --target child FILE     offsets, ids, lengths, items; where and why it is refused
  forkpool-fuzz minimize --target child FILE    the shortest input that breaks the same promise
  forkpool-fuzz add FILE --target child --name late-reply     keep it as a regression for make check
  forkpool-fuzz bugs --only child- --seeds 3    plant each bug and see what it takes to find it
  forkpool-fuzz clean                           10,000,000 executions without a finding
  forkpool-fuzz target -- ./worker              fuzz a child implementation as a process; more: target --help
  forkpool-fuzz cover                           what the committed corpus reaches; --check: is it enough?

Exit status: 0 nothing found, 1 something was found (or not, for bugs), 2 wrong usage.
"""
import argparse
import sys

import bench
import bugs
import build
import clean
import cover
import inputs
import runner
import seeds
import target


class Parser(argparse.ArgumentParser):
    """Says on one line what is wrong."""

    def error(self, message):
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def number(text):
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text}: a number from 1 on is expected")
    return int(text)


def parse(arguments):
    """The command line, with the function to run as `run`."""
    parser = Parser(prog="forkpool-fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name, function, words):
        sub = commands.add_parser(name, help=words, description=words)
        sub.set_defaults(run=function)
        return sub

    command("list", runner.list_targets, "tell what targets there are")
    p = command("run", runner.run, "fuzz a target with libFuzzer, or with AFL++")
    p.add_argument("target", choices=build.TARGETS)
    p.add_argument("--time", type=number, default=60, metavar="S", help="seconds (60)")
    p.add_argument("--runs", type=number, default=-1, metavar="N", help="executions (no limit)")
    p.add_argument("--seed", type=int, default=0, help="of the random numbers (0: another one each time)")
    p.add_argument("--empty", action="store_true", help="start from nothing, not from the corpus")
    p.add_argument("--afl", action="store_true", help="with AFL++ instead")
    p = command("replay", runner.replay, "judge inputs again")
    p.add_argument("paths", nargs="*", metavar="FILE|DIRECTORY")
    p.add_argument("--all", action="store_true", help="the committed corpus and all regressions")
    p.add_argument("--target", choices=build.TARGETS, help="where the path does not tell it; with --all: one target only")
    p = command("explain", runner.explain, "tell what an input is and what becomes of it")
    p.add_argument("file")
    p.add_argument("--target", choices=build.TARGETS, help="where the path does not tell it")
    p = command("minimize", inputs.minimize, "make an input that finds something as short as it goes")
    p.add_argument("file")
    p.add_argument("--target", choices=build.TARGETS, help="where the path does not tell it")
    p.add_argument("--output", metavar="FILE", help="where to write it (FILE.min)")
    p = command("add", inputs.add, "keep an input as a regression")
    p.add_argument("file")
    p.add_argument("--target", choices=build.TARGETS, help="where the path does not tell it")
    p.add_argument("--name", required=True, help="what it shows, in words-with-hyphens")
    p = command("bugs", bugs.run, "plant each bug, fuzz, and tell what it takes to find it")
    p.add_argument("--only", default="", metavar="PREFIX", help="bugs whose names begin so")
    p.add_argument("--seeds", type=number, default=5, metavar="N", help="runs for each, their median counts (5)")
    p.add_argument("--empty", action="store_true", help="with neither corpus nor mutator; the budget is 1,000,000 executions")
    p.add_argument("--time", type=number, default=120, metavar="S", help="seconds for one run at most (120)")
    p.add_argument("--jobs", type=number, default=1, metavar="N", help="bugs at a time (1)")
    p = command("clean", clean.run, "fuzz every target for its share of many executions: nothing is to be found")
    p.add_argument("--runs", type=number, default=clean.RUNS, metavar="N", help="executions in all (10000000)")
    p.add_argument("--seed", type=int, default=1, help="of the random numbers (1)")
    p = command("bench", bench.run, "measure how fast inputs are run, as ratios to an empty target")
    p.add_argument("--time", type=number, default=4, metavar="S", help="seconds for each (4)")
    p.add_argument("--rounds", type=number, default=5, metavar="N", help="of which the median counts (5)")
    command("target", None, "fuzz a child implementation as a process: target --help")
    p = command("cover", cover.run, "measure what the committed corpus reaches")
    p.add_argument("--target", choices=build.TARGETS, help="one target only")
    p.add_argument("--check", action="store_true", help="hold the floor: all of the ends but what fuzz/unreached.txt explains, 95 %% "
                                                        "of sched and engine")
    p.add_argument("--empty", action="store_true", help="how many executions from an empty corpus reach 95 %% of the same")
    p.add_argument("--runs", type=number, default=cover.EMPTY_RUNS, metavar="N", help="with --empty: executions at most (2000000)")
    p.add_argument("--seed", type=int, default=1, help="with --empty: of the random numbers (1)")
    p = command("seeds", seeds.run, "make the seeds anew from the recordings, and minimise the corpus (needs clang)")
    p.add_argument("--target", choices=build.TARGETS, help="one target only")
    p.add_argument("--named", action="store_true", help="only those that carry a name, after a recording or a case was changed")
    p.add_argument("--time", type=number, default=20, metavar="S", help="seconds of fuzzing that add to a target's seeds (20)")
    return parser.parse_args(arguments)


def main(arguments):
    """Runs one command; the exit status."""
    try:
        if arguments[:1] == ["target"]:  # it has options of its own
            return target.run(arguments[1:])
        options = parse(arguments)
        return options.run(options)
    except build.Trouble as trouble:
        print(f"forkpool-fuzz: {trouble}", file=sys.stderr)
        return 2
    except OSError as e:
        print(f"forkpool-fuzz: {f'{e.filename}: {e.strerror}' if e.filename else e}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
