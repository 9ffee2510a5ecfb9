"""Keeps inputs that found something: makes them short, and makes them regressions."""
import pathlib
import re
import shutil
import subprocess
import tempfile

import build
import runner


def finding(program, octets):
    """What an input breaks: "oracle: words", "crash" where the program ends otherwise, None for nothing."""
    with tempfile.NamedTemporaryFile() as f:
        f.write(octets)
        f.flush()
        done = subprocess.run([program, f.name], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
                              timeout=60)
    if done.returncode == 0:
        return None
    said = re.search(r"forkpool-fuzz: \w+: (\w+: [^(\n]*)", done.stderr)
    return said[1].strip() if said else "crash"


def shorten(octets, is_same):
    """Takes pieces out, from halves down to single octets, and sets octets to 0, while the finding stays the same."""
    size = max(1, len(octets) // 2)
    while True:
        at, before = 0, octets
        while at < len(octets):
            shorter = octets[:at] + octets[at + size:]
            if is_same(shorter):
                octets = shorter
            else:
                at += size
        if size == 1 and octets == before:
            break
        size = max(1, size // 2)
    for at in range(len(octets)):
        plain = octets[:at] + b"\0" + octets[at + 1:]
        if plain != octets and is_same(plain):
            octets = plain
    return octets


def minimize(options):
    """The shortest input found that breaks the same promise, in the replay build."""
    program = build.program("replay", build.target_of(options.file, options.target))
    octets = pathlib.Path(options.file).read_bytes()
    same = finding(program, octets)
    if same is None:
        raise build.Trouble(f"{options.file} finds nothing; only an input that does can be minimized")
    octets = shorten(octets, lambda shorter: finding(program, shorter) == same)
    output = pathlib.Path(options.output or options.file + ".min")
    output.write_bytes(octets)
    print(f"{output}: {len(octets)} octets, {same}")
    return 0


def add(options):
    """Keeps an input, found or not any more: make fuzz-check replays it from now on."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", options.name):
        raise build.Trouble(f"{options.name}: a name is words of small letters and digits, joined by hyphens")
    target = build.target_of(options.file, options.target)
    kept = runner.REGRESSIONS / target / options.name
    if kept.exists():
        raise build.Trouble(f"{kept.relative_to(build.ROOT)} is there already; choose another name")
    found = finding(build.program("replay", target), pathlib.Path(options.file).read_bytes())
    kept.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(options.file, kept)
    print(f"kept {kept.relative_to(build.ROOT)}; it {'still breaks ' + found if found else 'finds nothing now'}")
    return 0
