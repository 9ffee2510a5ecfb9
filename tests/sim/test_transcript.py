"""The transcript of a simulated connection is one that a live worker can be judged by."""
import json
import os
import pathlib
import re

import pytest

import sim

BUILD = pathlib.Path(os.environ["FORKPOOL_BUILD"])


def write_scenario(path, jobs, **pool):
    """A session that is an echo: the call k takes k ns, and the answer to it is the process's frame k."""
    path.write_text(json.dumps({
        "pool": {"max": 1, "load": 2, **pool},
        "arrivals": {"jobs": jobs, "kind": "bursts", "burst": 3, "every": 0.002},
        "service": {"kind": "list", "list": [k * 1e-9 for k in range(1, jobs + 1)], "bytes_max": 400}}))
    return path


def transcript(program, path, *words):
    status, out, err = sim.run(program, "run", path, "--transcript", 1, *words)
    assert status == 0 and not err, err
    return out


def replay(path, text, *options):
    path.write_text(text)
    child = f"{BUILD}/bin/forkpool-worker --stdio {' '.join(options)} {BUILD}/lib/forkpool/echo.so echo"
    return sim.run(BUILD / "bin" / "forkpool-conform", "replay", path, "--child", child, "--stdio")


@pytest.mark.parametrize("pool, options", [({}, []), ({"native": True}, ["--profile", "native"]), ({"async": True}, ["--async"])],
                         ids=["sync", "native", "async"])
def test_a_live_worker_does_what_the_simulated_one_did(program, tmp_path, pool, options):
    text = transcript(program, write_scenario(tmp_path / "s.json", 40, **pool))
    assert len(re.findall(r"^child sends u32:", text, re.M)) == 40 and text.endswith("parent ends\nchild ends\nchild exits 0\n")
    status, out, err = replay(tmp_path / "t.transcript", text, *options)
    assert status == 0 and "1 pass" in out, text + out + err


def test_another_answer_is_told_apart(program, tmp_path):
    text = transcript(program, write_scenario(tmp_path / "s.json", 3))
    changed = re.sub(r"(child sends u32:1 u32:\d+ 01)31", r"\g<1>32", text, count=1)
    assert changed != text
    status, out, _ = replay(tmp_path / "t.transcript", changed)
    assert status == 1 and "1 fail" in out


def test_small_pieces_give_whole_frames(program, tmp_path):
    path = write_scenario(tmp_path / "s.json", 20)
    whole, cut = (transcript(program, path, *words) for words in ([], ["to_pool_bytes=1", "write=0.5"]))
    frames = [[l for l in t.splitlines() if l.startswith("child")] for t in (whole, cut)]
    assert frames[0] == frames[1] and len(frames[0]) == 22


def test_a_frame_that_was_cut_off_is_shown(program, tmp_path):
    text = transcript(program, write_scenario(tmp_path / "s.json", 3), "crash-out.0=20", "status.0=7")
    assert re.search(r"\nchild sends 00000001[0-9a-f]{32}\nchild ends\nchild exits 7\n$", text), text
