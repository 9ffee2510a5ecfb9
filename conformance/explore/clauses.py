"""What SPEC.md says of a clause: its title and its level. Must not know more."""
import pathlib
import re

SPEC = pathlib.Path(__file__).resolve().parents[1] / "SPEC.md"
HEADING = re.compile(r"^### (\S+) (.+)\n\n([A-Z]+)", re.M)


def clauses():
    """{id: (title, level)}"""
    return {id: (title, level) for id, title, level in HEADING.findall(SPEC.read_text())}
