"""Which clause is shown by what: each clause of SPEC.md by a case that shows it kept, and by a mutant that shows it broken.

    coverage.py                     check the files: one line for each fault, exit status 1 if there is one
    coverage.py --results FILE      check what `make mutants` found, too: who caught which mutant
    coverage.py --table             print the matrix instead

A clause that cannot be shown has a line in spec-unshown.txt, with the reason. A case names its clauses in its `clause` line,
a mutant in the `breaks:` line before its diff. With results, each mutant has to be caught by a case of each clause that it breaks, and each
case has to catch a mutant, or has a reason to stay: in a `stays` line of its own, or, for a family of cases, in cases/stays.txt. There
a line names the case of the family that catches a mutant in their place, which has to be so. Must not know how a case is played.
"""
import argparse
import fnmatch
import json
import pathlib
import re
import sys
from typing import NamedTuple

HERE = pathlib.Path(__file__).resolve().parent
CLAUSE = re.compile(r"^### (\S+) ")
BREAKS = re.compile(r"^breaks:(.*)", re.M)
UNSHOWN_WORDS = {"kept": {"kept"}, "broken": {"broken"}, "both": {"kept", "broken"}}


class Case(NamedTuple):
    clauses: list
    has_stays: bool


class Family(NamedTuple):
    """Cases that stay for one reason. `sibling` catches mutants in their place; "-": none does."""

    pattern: str
    sibling: str

    def cases(self, suite):
        return fnmatch.filter(suite.cases, self.pattern)


class Suite(NamedTuple):
    """What the files say. `faults` are lines about what they should not say."""

    clauses: list   # ids, in the order of SPEC.md
    cases: dict     # FILE/CASE: Case
    mutants: dict   # NAME: clauses that it breaks
    unshown: dict   # clause: a set of "kept", "broken"
    families: list  # of cases/stays.txt
    faults: list


# ---- reading

def read_clauses(file):
    return [match[1] for match in map(CLAUSE.match, file.read_text().splitlines()) if match]


def statements(text):
    """The words of each line of a transcript; a line that ends in a backslash goes on in the next."""
    for line in text.replace("\\\n", " ").splitlines():
        words = line.split()
        if words and not words[0].startswith("#"):
            yield words


def words_before_comment(words):
    end = next((i for i, word in enumerate(words) if word.startswith("#")), len(words))
    return words[:end]


def read_cases(folder):
    cases, name = {}, None
    for file in sorted(folder.rglob("*.transcript")):
        stem = file.relative_to(folder).with_suffix("")
        for words in statements(file.read_text()):
            if words[0] == "case":
                name = f"{stem}/{words[1]}"
                cases[name] = Case([], False)
            elif words[0] == "clause":
                cases[name].clauses.extend(words_before_comment(words[1:]))
            elif words[0] == "stays":
                cases[name] = cases[name]._replace(has_stays=True)
    return cases


def read_mutants(folder):
    """Every patch is a mutant; the other files there are what builds them."""
    mutants = {}
    for file in sorted(folder.rglob("*.patch")):
        header = file.read_text(errors="replace").partition("\n--- ")[0]
        found = BREAKS.search(header)
        mutants[file.stem] = found[1].split() if found else []
    return mutants


def read_unshown(file):
    unshown, faults = {}, []
    for number, line in enumerate(file.read_text().splitlines(), 1):
        words = line.split(None, 2)
        if not words or words[0].startswith("#"):
            continue
        if len(words) < 3 or words[1] not in UNSHOWN_WORDS:
            faults.append(f"{file.name}:{number}: expected CLAUSE kept|broken|both REASON")
        elif words[0] in unshown:
            faults.append(f"{file.name}:{number}: {words[0]} has a line already")
        else:
            unshown[words[0]] = UNSHOWN_WORDS[words[1]]
    return unshown, faults


def read_families(file):
    """Of lines of PATTERN SIBLING|- REASON."""
    families, faults = [], []
    for number, line in enumerate(file.read_text().splitlines() if file.exists() else [], 1):
        words = line.split(None, 2)
        if not words or words[0].startswith("#"):
            continue
        if len(words) < 3:
            faults.append(f"{file.name}:{number}: expected PATTERN SIBLING|- REASON")
        else:
            families.append(Family(*words[:2]))
    return families, faults


def read_suite(folder):
    unshown, faults = read_unshown(folder / "spec-unshown.txt")
    families, more_faults = read_families(folder / "cases/stays.txt")
    return Suite(read_clauses(folder / "SPEC.md"), read_cases(folder / "cases"), read_mutants(folder / "mutants"),
                 unshown, families, faults + more_faults)


# ---- what the files show

def shown(suite):
    """For each clause the cases that show it kept, and the mutants that show it broken."""
    kept, broken = {c: [] for c in suite.clauses}, {c: [] for c in suite.clauses}
    for table, named in (kept, {n: c.clauses for n, c in suite.cases.items()}), (broken, suite.mutants):
        for name, clauses in named.items():
            for clause in clauses:
                table.get(clause, []).append(name)
    return {"kept": kept, "broken": broken}


def unknown(suite):
    known = set(suite.clauses)
    for kind, named in ("case", {n: c.clauses for n, c in suite.cases.items()}), ("mutant", suite.mutants):
        for name, clauses in named.items():
            if not clauses:
                yield f"{kind} {name}: names no clause"
            for clause in clauses:
                if clause not in known:
                    yield f"{kind} {name}: {clause} is no clause of SPEC.md"
    for clause in suite.unshown:
        if clause not in known:
            yield f"spec-unshown.txt: {clause} is no clause of SPEC.md"


def uncovered(suite):
    tables = shown(suite)
    by = {"kept": "case", "broken": "mutant"}
    for clause in suite.clauses:
        for how, table in tables.items():
            is_excused = how in suite.unshown.get(clause, ())
            if not table[clause] and not is_excused:
                yield f"{clause}: no {by[how]} shows it {how}, and spec-unshown.txt does not say why"
            if table[clause] and is_excused:
                yield f"spec-unshown.txt: {clause} is shown {how} by {by[how]} {table[clause][0]}: take that out"


# ---- what the mutants' runs show

def uncaught(suite, results):
    for result in results:
        name, caught_by = result["mutant"], result["caught_by"]
        catching = {clause for case in caught_by for clause in suite.cases[case].clauses} if caught_by else set()
        for clause in result["breaks"]:
            if clause not in catching:
                yield f"mutant {name}: no case of {clause} catches it (caught by: {' '.join(caught_by[:3]) or 'none'})"


def strangers(suite, results):
    """Results that are about other files than those that are here."""
    for result in results:
        if suite.mutants.get(result["mutant"]) != result["breaks"]:
            yield f"results: mutant {result['mutant']} is not as its file says: run make mutants again"
        for case in result["caught_by"]:
            if case not in suite.cases:
                yield f"results: there is no case {case}: run make mutants again"
    for name in suite.mutants.keys() - {r["mutant"] for r in results}:
        yield f"results: mutant {name} was not run: run make mutants again"


def busy_cases(results):
    return {case for result in results for case in result["caught_by"]}


def idle(suite, results):
    """Cases without a use or a reason."""
    useful = busy_cases(results).union(*(family.cases(suite) for family in suite.families))
    for name, case in suite.cases.items():
        if name not in useful and not case.has_stays:
            yield f"case {name}: catches no mutant, and neither a `stays` line nor stays.txt says why it is kept"


def wrong_families(suite, results):
    """Lines of stays.txt that are not true, or not needed: a case is excused by one line, and its sibling is about the same."""
    busy, excused = busy_cases(results), set()
    for family in suite.families:
        kin = set(family.cases(suite)) - busy - excused
        if not kin:
            yield f"stays.txt: {family.pattern}: no case without a mutant is left for it: take it out"
        if family.sibling != "-" and family.sibling not in busy:
            yield f"stays.txt: {family.pattern}: {family.sibling} catches no mutant in their place"
        elif family.sibling != "-":
            clauses = set(suite.cases[family.sibling].clauses)
            yield from (f"stays.txt: {family.pattern}: {name} shares no clause with {family.sibling}"
                        for name in sorted(kin) if not clauses & set(suite.cases[name].clauses))
        excused |= kin


def judge(suite, results):
    faults = [*suite.faults, *unknown(suite), *uncovered(suite)]
    if results is None:
        return faults
    stale = sorted(strangers(suite, results))
    return faults + (stale or [*uncaught(suite, results), *idle(suite, results), *wrong_families(suite, results)])


# ---- to be read

def cell(suite, clause, how, names):
    if names:
        return str(len(names))
    return "excused" if how in suite.unshown.get(clause, ()) else "NONE"


def print_table(suite):
    tables = shown(suite)
    print(f"{'clause':<10} {'cases':>7} {'mutants':>7}")
    for clause in suite.clauses:
        cells = [cell(suite, clause, how, table[clause]) for how, table in tables.items()]
        print(f"{clause:<10} {cells[0]:>7} {cells[1]:>7}")
    print(f"{len(suite.clauses)} clauses, {len(suite.cases)} cases, {len(suite.mutants)} mutants")


def complain(text):
    print(f"coverage.py: {text}", file=sys.stderr)
    sys.exit(2)


def is_result(value):
    keys = {"mutant": str, "breaks": list, "caught_by": list}
    return isinstance(value, dict) and all(isinstance(value.get(key), kind) for key, kind in keys.items())


def read_results(file):
    try:
        results = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        complain(f"{file}: the results cannot be read: {error}")
    if not isinstance(results, list) or not all(map(is_result, results)):
        complain(f"{file}: expected what make mutants writes, a list of mutant, breaks, caught_by")
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=pathlib.Path, default=HERE, help="with SPEC.md, cases and mutants (conformance/)")
    parser.add_argument("--results", type=pathlib.Path, help="what make mutants wrote")
    parser.add_argument("--table", action="store_true", help="print which clause is shown by how many, and check nothing")
    options = parser.parse_args()
    try:
        suite = read_suite(options.folder)
    except OSError as error:
        complain(f"{options.folder} is no suite: {error}")
    if options.table:
        print_table(suite)
        return 0
    faults = judge(suite, options.results and read_results(options.results))
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
