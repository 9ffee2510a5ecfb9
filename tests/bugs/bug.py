"""A planted bug: one fault as a patch, with a header that says what it breaks and who should see it. See README.md."""
import dataclasses
import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent
TOOLS = ("unit", "properties", "sim", "conform")


@dataclasses.dataclass(frozen=True)
class Bug:
    name: str
    breaks: str = ""
    sees: tuple = ()
    reach: str = "core"
    file: str = ""       # what the patch changes
    patch: str = ""

    @property
    def tools(self):
        """Those that run what the bug is in: the simulator and the properties know the core alone."""
        return TOOLS if self.reach == "core" else ("unit", "conform")


NO_BUG = Bug("no-bug")


def read_bug(path):
    """A patch with its header. Raises ValueError with a line that says what is wrong."""
    text = path.read_text()
    head = dict(re.findall(r"^(bug|breaks|sees|reach): (.+)$", text.split("\n\n")[0], re.M))
    missing = {"bug", "breaks", "sees", "reach"} - head.keys()
    files = re.findall(r"^\+\+\+ b/(\S+)$", text, re.M)
    sees = tuple(head.get("sees", "").split())
    if missing:
        raise ValueError(f"{path.name}: the header has no {', '.join(sorted(missing))}")
    if head["bug"] != path.stem:
        raise ValueError(f"{path.name}: the header calls it {head['bug']}")
    if head["reach"] not in ("core", "glue"):
        raise ValueError(f"{path.name}: reach is core or glue, not {head['reach']}")
    if len(files) != 1:
        raise ValueError(f"{path.name}: one file is changed by a bug, not {len(files)}")
    bug = Bug(path.stem, head["breaks"], sees, head["reach"], files[0], text)
    if not sees or set(sees) - set(bug.tools):
        raise ValueError(f"{path.name}: sees is some of {' '.join(bug.tools)}, not '{' '.join(sees)}'")
    return bug


def read_bugs():
    return [read_bug(path) for path in sorted(HERE.glob("*.patch"))]
