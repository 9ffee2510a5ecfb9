"""A case of a transcript file, and how cases of several recordings become one. Must not know what a case is about."""

import dataclasses
import re

COLUMNS = 120
TEXT = r'"(?:\\.|[^"\\])*"'
WORD = re.compile(rf'(?:{TEXT}|\((?:{TEXT}|[^"()])*\)|[^ "(])+')


class Omitted(Exception):
    """The recording is left out; says why, for people."""


@dataclasses.dataclass
class Case:
    name: str
    title: str
    clauses: list
    side: str
    mode: str  # sync, async or both
    profile: str  # network, native or both
    lines: list  # statements
    level: str = None
    serialiser: str = "string"
    needs: list = dataclasses.field(default_factory=list)
    vary: str = None
    options: list = dataclasses.field(default_factory=list)
    sources: list = dataclasses.field(default_factory=list)  # names of recordings

    def body(self):
        """All but what two of them may differ in to become one."""
        return (self.name, self.title, tuple(self.clauses), self.side, self.level, self.serialiser, tuple(self.needs), self.vary,
                tuple(self.options), tuple(self.lines))

    def head(self):
        """Its lines, but for what is usual; words in the order in which the printer of transcripts has them."""
        return [(word, text) for word, text in (
            ("case", self.name),
            ("title", self.title),
            ("clause", " ".join(self.clauses)),
            ("level", self.level),
            ("side", self.side),
            ("mode", self.mode if self.mode != "both" else None),
            ("profile", self.profile if self.profile != "both" else None),
            ("serialiser", self.serialiser if self.serialiser != "string" else None),
            ("needs", " ".join(self.needs)),
            ("vary", self.vary),
            ("options", " ".join(self.options)),
        ) if text]

    def text(self):
        head = "".join(f"{word:<11} {text}\n" for word, text in self.head())
        return head + "\n" + "".join(wrapped(line) + "\n" for line in self.lines)


def wrapped(line):
    """Broken between words; what is in quotes or in parentheses stays together."""
    words = [found[0] for found in WORD.finditer(line)]
    rows = [words[0]]
    for word in words[1:]:
        if len(rows[-1]) + 1 + len(word) + 2 > COLUMNS and len(rows[-1]) > 30:
            rows.append("    " + word)
        else:
            rows[-1] += " " + word
    return " \\\n".join(rows)


def merged(cases):
    """Equal ones become one: first those of both profiles, then those of both modes."""
    for attribute in ("profile", "mode"):
        cases = merged_in(attribute, cases)
    return cases


def merged_in(attribute, cases):
    other = "mode" if attribute == "profile" else "profile"
    groups = {}
    for case in cases:
        groups.setdefault((case.body(), getattr(case, other)), []).append(case)
    return [one_of(group, attribute) for group in groups.values()]


def one_of(group, attribute):
    values = {getattr(c, attribute) for c in group}
    return dataclasses.replace(group[0], sources=[s for c in group for s in c.sources],
                               **{attribute: values.pop() if len(values) == 1 else "both"})


def named_apart(cases):
    """A name that two profiles have for what is not equal is made two names."""
    seen = [c.name for c in cases]
    return [dataclasses.replace(c, name=f"{c.name}-{c.profile}") if seen.count(c.name) > 1 else c for c in cases]


def title_of(vector, name):
    """The recording's note, or its name in words: always where the note tells of a fault of the original."""
    note = " ".join(vector.get("note", "").split())
    return note if note and len(note) <= 110 and vector["conform"] == "must" else name.replace("/", ": ").replace("-", " ")
