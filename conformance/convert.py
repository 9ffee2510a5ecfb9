#!/usr/bin/python3
"""Makes the cases in cases/recorded from the recordings of the original.

Every recording becomes a case, or a part of one (two that are equal but for the profile or the mode become one, and a session
that was cut at each of its places becomes one that is to be cut so), or is left out for a reason that `--omitted` lists.
Where the original is not to be followed, a case demands what the recording says is to be done instead."""

import argparse
import collections
import json
import pathlib
import sys

from converting import child, lists, parent, pool
from converting.case import Omitted, merged, named_apart

HERE = pathlib.Path(__file__).resolve().parent
RECORDINGS = HERE / "recordings"
CASES = HERE / "cases" / "recorded"
TEMPLATE = "a start through a template is judged by tests/vectors, a template is no testee"
CONVERTERS = {"child": lambda v: [child.convert(v)], "parent": lambda v: [parent.convert(v)], "pool": lambda v: [pool.convert(v)],
              "serialiser": lists.convert}
FILE_COMMENT = "# Made by conformance/convert.py from conformance/recordings; not to be edited.\n"


def recordings():
    return [v for path in sorted(RECORDINGS.glob("*.json")) for v in json.loads(path.read_text())["vectors"]]


def convert(vectors):
    """({file name: [case]}, {reason: [name of a recording]})"""
    cases, omitted = [], collections.defaultdict(list)
    for vector in vectors:
        try:
            if vector["kind"] not in CONVERTERS:
                raise Omitted(TEMPLATE)
            cases += [(file_of(vector), c) for c in CONVERTERS[vector["kind"]](vector)]
        except Omitted as why:
            omitted[str(why)].append(vector["name"])
    return in_files(cases), dict(omitted)


def file_of(vector):
    return "lists" if vector["kind"] == "serialiser" else vector["kind"]


def in_files(cases):
    """By what they are about and by mode, so that a name is unique in its file."""
    files = {}
    for kind in dict.fromkeys(kind for kind, _ in cases):
        for case in merged([c for k, c in cases if k == kind]):
            name = kind if case.mode == "both" else f"{kind}-{case.mode}"
            files.setdefault(name + ".transcript", []).append(case)
    return {name: named_apart(some) for name, some in sorted(files.items())}


def text_of(cases):
    return FILE_COMMENT + "".join("\n" + case.text() for case in cases)


def write(directory, files):
    directory.mkdir(parents=True, exist_ok=True)
    for old in directory.glob("*.transcript"):
        if old.name not in files:
            old.unlink()
    for name, cases in files.items():
        (directory / name).write_text(text_of(cases))


def omitted_lines(omitted):
    """A line for each reason, the most frequent first."""
    for why, names in sorted(omitted.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        yield f"{len(names):4}  {why}: {', '.join(short_names(names))}"


def short_names(names):
    """Without kind, mode and profile, each once."""
    return list(dict.fromkeys("/".join(part for part in name.split("/")[1:] if part not in ("sync", "async", "network", "native"))
                              for name in names))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0], epilog="examples: convert.py; convert.py --omitted; "
                                     "convert.py --to /some/where")
    parser.add_argument("--to", metavar="DIR", type=pathlib.Path, default=CASES, help="write there (%(default)s)")
    parser.add_argument("--omitted", action="store_true", help="write nothing; list what is left out, and why")
    return parser.parse_args()


def main():
    options = arguments()
    files, omitted = convert(recordings())
    if options.omitted:
        print("\n".join(omitted_lines(omitted)))
    else:
        write(options.to, files)
    return 0


if __name__ == "__main__":
    sys.exit(main())
