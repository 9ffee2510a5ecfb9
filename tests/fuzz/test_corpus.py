"""The committed corpus: every seed is the recording it is named after, or named by its own digest; all of it is small."""
import hashlib

import build
import pytest
import runner
import seeds

CORPUS_BYTES_MAX = 1_000_000


@pytest.fixture(scope="module")
def recorded():
    return seeds.recorded()


@pytest.mark.parametrize("target", build.TARGETS)
def test_each_input_is_what_its_name_says(target, recorded):
    inputs = sorted((runner.CORPUS / target).iterdir())
    assert inputs, f"there is no corpus of {target}"
    for path in inputs:
        octets = path.read_bytes()
        if path.name in recorded[target]:
            assert octets == recorded[target][path.name], f"{path} is not the recording: forkpool-fuzz seeds --named"
        else:
            assert path.name == hashlib.sha1(octets).hexdigest(), f"{path} is named after no recording, nor by its digest: forkpool-fuzz seeds --named"


@pytest.mark.parametrize("target", ["frame", "args", "parent", "child", "json"])
def test_recordings_are_among_the_seeds(target, recorded):
    assert {p.name for p in (runner.CORPUS / target).iterdir()} & set(recorded[target])


def test_the_corpus_is_small():
    assert sum(p.stat().st_size for p in runner.CORPUS.rglob("*") if p.is_file()) < CORPUS_BYTES_MAX
