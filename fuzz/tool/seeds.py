"""Makes the corpus: raw wire octets out of conformance/recordings, cases and scenarios as texts, and what fuzzing added, minimised.

What comes from a recording, a case or a scenario carries its name, and a test makes it again and compares. What fuzzing added
carries the SHA-1 of its octets.
"""
import hashlib
import json
import pathlib
import re
import subprocess
import tempfile

import build
import runner

RECORDINGS = build.ROOT / "conformance" / "recordings"
SEED_BYTES_MAX = runner.LEN_MAX  # octets of a recording that becomes a seed
TO_CHILD, TO_PARENT = ("child", "frame"), ("parent", "frame")


def octets(data):
    """The octets of a recording's field: hex digits, or parts to be put together."""
    if isinstance(data, str):
        return bytes.fromhex(data)
    return b"".join(bytes.fromhex(part["hex"]) if "hex" in part else bytes.fromhex(part["repeat"]) * part["count"]
                    for part in data)


def sent(vector):
    """What the recorder sent in one vector, all pieces joined."""
    return b"".join(octets(step["data"]) for step in vector["steps"] if step["op"] == "send" and "data" in step)


def seeds_of(vector):
    """The (target, octets) that one vector gives."""
    kind = vector["kind"]
    if kind == "serialiser":
        if "bytes" in vector:
            yield ("json" if vector["serialiser"] == "json" else "args"), octets(vector["bytes"])
    elif kind in ("child", "parent") and vector.get("serialiser") == "string":
        for target in TO_CHILD if kind == "child" else TO_PARENT:
            yield target, sent(vector)


def texts():
    """The (target, name, octets) of the scenarios and of the cases."""
    for path in sorted((build.ROOT / "sim" / "scenarios").glob("*.json")):
        yield "scenario", path.stem, path.read_bytes()
    for path in sorted((build.ROOT / "conformance" / "cases").rglob("*.transcript")):
        for case in re.split(rb"(?m)^(?=case )", path.read_bytes())[1:]:
            yield "transcript", f"{path.stem}_{case.split()[1].decode().replace('/', '_')}", case


def recorded():
    """All seeds by target: the name of the recording to its octets, the same octets once."""
    found = {target: {} for target in build.TARGETS}
    for target, name, data in texts():
        if len(data) <= SEED_BYTES_MAX:
            found[target][name] = data
    seen = set()
    for path in sorted(RECORDINGS.glob("*.json")):
        for vector in json.loads(path.read_text())["vectors"]:
            for target, data in seeds_of(vector):
                if (target, data) not in seen and 0 < len(data) <= SEED_BYTES_MAX:
                    seen.add((target, data))
                    found[target][vector["name"].replace("/", "_")] = data
    return found


def write(place, files):
    """Files by name, into an empty directory."""
    for name, data in files.items():
        (place / name).write_bytes(data)


def grow(target, seeds, seconds):
    """Fuzzes from the seeds for so long, then keeps the smallest set that reaches the same: names to octets."""
    program = build.program("libfuzzer", target)
    names = {data: name for name, data in seeds.items()}
    with tempfile.TemporaryDirectory() as work, tempfile.TemporaryDirectory() as small:
        write(pathlib.Path(work), seeds)
        kept = runner.CORPUS / target
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": True}
        more = [kept] if kept.is_dir() else []
        subprocess.run([program, f"-max_total_time={seconds}", f"-max_len={runner.LEN_MAX}", "-seed=1", f"-artifact_prefix={small}/",
                        f"-dict={build.FUZZ}/engine/forkpool.dict", work, *more], **quiet)
        subprocess.run([program, "-merge=1", f"-max_len={runner.LEN_MAX}", small, work, *more], **quiet)
        found = [path.read_bytes() for path in sorted(pathlib.Path(small).iterdir())]
    return {names.get(data, hashlib.sha1(data).hexdigest()): data for data in found}


def name_anew(target, seeds):
    """Writes the inputs that carry a name as they are now; one whose recording is gone is kept by its digest."""
    for path in sorted((runner.CORPUS / target).iterdir()):
        if path.name in seeds:
            path.write_bytes(seeds[path.name])
        else:
            path.rename(path.with_name(hashlib.sha1(path.read_bytes()).hexdigest()))


def run(options):
    """Writes fuzz/corpus anew."""
    for target, seeds in recorded().items():
        if options.target not in (None, target):
            continue
        if options.named:
            name_anew(target, seeds)
            continue
        files = grow(target, seeds, options.time)
        place = runner.CORPUS / target
        place.mkdir(parents=True, exist_ok=True)
        for old in place.iterdir():
            old.unlink()
        write(place, files)
        from_recordings = sum(name in seeds for name in files)
        print(f"{target}: {len(files)} inputs, {from_recordings} of them recordings, {sum(map(len, files.values()))} octets",
              flush=True)
    return 0
