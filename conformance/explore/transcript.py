"""Writes a session as a transcript (TRANSCRIPT.md) that `forkpool-conform replay` plays. Must not know processes.

What is due of one request stands in one line; lines of an asynchronous child may come in any order where they are one
frame, and are written in the order of the requests where they are more."""
import re

from . import steps
from .child_model import Child

TEXT_BYTES_MIN = 3
RUN_BYTES_MIN = 16
RUN = re.compile(rb"(.)\1{%d,}" % (RUN_BYTES_MIN - 1), re.S)
TEXT = re.compile(rb'[ !#-\[\]-~]{%d,}' % TEXT_BYTES_MIN)
LINE_CHARS_MAX = 110


def plain(octets):
    """Text as text, the rest in hex."""
    at, pieces = 0, []
    for match in TEXT.finditer(octets):
        pieces += [octets[at:match.start()].hex(), f'"{match[0].decode()}"']
        at = match.end()
    return " ".join(filter(None, [*pieces, octets[at:].hex()]))


def products(octets, plain):
    """Pieces: long runs of one octet as a product, and what stands between them, made by `plain`."""
    at, pieces = 0, []
    for match in RUN.finditer(octets):
        pieces += [plain(octets[at:match.start()]), f"{match[1].hex()}*{len(match[0])}"]
        at = match.end()
    return filter(None, [*pieces, plain(octets[at:])])


def pieces_of(octets):
    return " ".join(products(octets, plain))


def item(octets):
    """Pieces without white space."""
    return "+".join(products(octets, bytes.hex)) or "-"


def words(items):
    """Items behind a verb or a tag, each with the space before it."""
    return "".join(f" {item(i)}" for i in items)


def fold(line):
    """Between words, so that it can be read; text in quotes stays in one line."""
    rows, row = [], ""
    for word in re.findall(r'"[^"]*"\S*|\S+', line):
        if row and len(row) + len(word) >= LINE_CHARS_MAX:
            rows.append(row + " \\")
            row = "   "
        row += (" " if row else "") + word
    return "\n".join([*rows, row])


def reply(due):
    number = "u32:+" if due.number is None else f"u32:{due.number}"
    return f"{number} u32:{len(due.payload)} {pieces_of(due.payload)}".strip()


def document(finding, form, head, lines):
    """A file of one case. head: lines of its own."""
    told = [f"# Found by forkpool-explore: {finding.text}.", "", f"case        explored/{finding.clause.lower()}", f"title       {finding.text}",
            f"clause      {finding.clause}", f"mode        {form.mode}", f"profile     {form.profile}", f"serialiser  {form.serialiser}"]
    return "\n".join([*told, *head, "", *lines]) + "\n"


class Writer:
    def __init__(self, form, session, can):
        self.form, self.session, self.can = form, session, can
        self.child = Child(form, session.frame_max)
        self.written = []  # of each chain, how many
        self.lines, self.is_over, self.is_closed = [], False, False

    def say(self, line):
        self.lines.append(fold(line))

    def due(self, may=False):
        """Lines for what became due since. Fixed places for the ones of a synchronous child, by chains otherwise."""
        self.written += [0] * (len(self.child.chains) - len(self.written))
        for i, chain in enumerate(self.child.chains):
            rest = chain[self.written[i]:]
            if may:
                for one in rest:
                    self.say(f"child may send {reply(one)}")
            elif self.form.is_async and len(rest) == 1:
                self.say(f"child sends unordered {reply(rest[0])}")
            else:
                for one in rest:
                    self.say(f"child sends {reply(one)}")
            self.written[i] = len(chain)

    def step(self, step):
        if isinstance(step, steps.Send):
            self.child.take(step.octets)
            self.say("parent sends " + " / ".join(map(pieces_of, step.pieces)))
        elif isinstance(step, steps.Await):
            if not self.child.fault and not self.child.is_hostile:
                self.due()
        elif isinstance(step, steps.StopReading):
            self.say("parent stops reading")
        elif isinstance(step, steps.Read):
            self.say("parent reads")
        elif isinstance(step, steps.Interrupt):
            self.lines += ["child gets STOP", "child gets CONT"] if step.is_stop else ["child gets USR1"]
        else:
            self.leave(step)

    def leave(self, step):
        if self.is_fenced and not self.child.fault and not self.child.splitter.rest:
            self.due()
            self.say("nothing more")
        if isinstance(step, steps.Close):
            self.is_closed, self.is_idle = True, not self.has_due()
            self.say("parent closes")
        else:
            self.is_over = True
            self.say("parent ends")

    def has_due(self):
        return any(len(c) > n for c, n in zip(self.child.chains, [*self.written, *[0] * len(self.child.chains)]))

    def last(self):
        """What a right child does at the end."""
        if self.is_closed:
            ending = self.child.ending(True, self.is_idle)
        else:
            self.last_due()
            ending = self.child.ending()
            if self.child.is_staying or not (self.is_over or self.child.fault):
                self.say("parent closes")
            else:
                self.say("child ends")
        self.say(f"child exits {'any' if self.child.may_answer is not None else ending.exit}")

    def last_due(self):
        if self.child.may_answer == 0:
            self.say("child may send u32:0 u32:2 " + pieces_of(self.child.freeze([self.child.verbs.word(b"a")])))
        self.due(may=self.child.is_loose)

    def write(self, finding):
        self.is_fenced = finding.kind == "extra"
        for step in self.session.steps:
            self.step(step)
        self.last()
        limit = self.session.frame_max
        is_signalled = any(isinstance(step, steps.Interrupt) and not step.is_stop for step in self.session.steps)
        needs = ["limit"] * (limit is not None) + ["signal"] * is_signalled
        head = [f"options     frame_bytes_max={limit}"] * (limit is not None) + [f"needs       {' '.join(needs)}"] * bool(needs)
        return document(finding, self.form, head, self.lines)
