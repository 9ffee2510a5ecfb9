"""Runs a target: in a fuzzing engine, or in the replay program."""
import os
import pathlib
import subprocess
import tempfile

import build

CORPUS = build.FUZZ / "corpus"
REGRESSIONS = build.FUZZ / "regressions"
LEN_MAX = 1200  # octets: two for each of the 512 levels of a JSON list, and some; a longer input takes its time and says nothing new


def list_targets(_options):
    """What each target's descriptor says."""
    for target in build.TARGETS:
        subprocess.run([build.program("replay", target), "--about"], check=True)
    return 0


def inputs_of(target):
    """Where the committed inputs of a target lie."""
    return [d / target for d in (CORPUS, REGRESSIONS) if (d / target).is_dir()]


def engine_arguments(target, seconds, runs, seed, finds):
    """What libFuzzer is told."""
    return [build.program("libfuzzer", target), f"-max_total_time={seconds}", f"-runs={runs}", f"-seed={seed}",
            f"-max_len={LEN_MAX}", "-timeout=10", f"-dict={build.FUZZ}/engine/forkpool.dict", f"-artifact_prefix={finds}/",
            "-print_final_stats=1"]


def run(options):
    """Fuzzes; what is found lies in build/fuzz/finds/TARGET."""
    finds = build.BUILD / "finds" / options.target
    finds.mkdir(parents=True, exist_ok=True)
    if options.afl:
        return run_afl(options, finds)
    with tempfile.TemporaryDirectory() as fresh:
        command = engine_arguments(options.target, options.time, options.runs, options.seed, finds) + [fresh]
        if not options.empty:
            command += inputs_of(options.target)
        status = subprocess.run(command).returncode
    if status:
        print(f"found something: forkpool-fuzz explain the newest file in {finds}")
    return int(status != 0)


def run_afl(options, finds):
    """The same with afl-fuzz, persistent, with the custom mutator."""
    target = build.program("afl", options.target)
    mutator = build.make("mutator.so")
    environment = dict(os.environ, AFL_SKIP_CPUFREQ="1", AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES="1", AFL_NO_UI="1",
                       AFL_NO_AFFINITY="1", AFL_CUSTOM_MUTATOR_LIBRARY=str(mutator))
    with tempfile.TemporaryDirectory() as empty:
        seed = pathlib.Path(empty) / "empty"
        seed.write_bytes(b"\0\0\0\0")
        start = CORPUS / options.target if (CORPUS / options.target).is_dir() and not options.empty else pathlib.Path(empty)
        subprocess.run(["afl-fuzz", "-i", start, "-o", finds / "afl", "-V", str(options.time), "-g", "1", "-G", str(LEN_MAX),
                        "-x", build.FUZZ / "engine" / "forkpool.dict", "--", target], env=environment, check=True)
    stats = (finds / "afl" / "default" / "fuzzer_stats").read_text()
    words = dict(line.split(":", 1) for line in stats.splitlines() if ":" in line)
    words = {name.strip(): value.strip() for name, value in words.items()}
    for name in ("execs_done", "execs_per_sec", "stability", "saved_crashes"):
        print(f"{name}: {words[name]}")
    return int(words["saved_crashes"] != "0")


def present(path):
    """The path, where there is something to be read."""
    path = pathlib.Path(path)
    if not path.exists():
        raise build.Trouble(f"{path}: there is no such file")
    if path.is_dir() and not any(path.iterdir()):
        raise build.Trouble(f"{path}: there is nothing in this folder")
    return path


def replay(options):
    """Judges inputs; the first promise that is broken makes it fail, and the others are judged all the same."""
    paths = [present(p) for p in options.paths]
    if options.all:
        paths += [d for t in build.TARGETS if options.target in (None, t) for d in inputs_of(t)]
    if not paths:
        raise build.Trouble("name the files to replay, or say --all")
    failed = 0
    for path in paths:
        failed += subprocess.run([build.program("replay", build.target_of(path, options.target)), path]).returncode != 0
    return int(failed > 0)


def explain(options):
    """Tells of one input; its end is that of the replay program."""
    target = build.target_of(present(options.file), options.target)
    return int(subprocess.run([build.program("replay", target), "--explain", options.file]).returncode != 0)
