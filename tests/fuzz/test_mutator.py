"""The mutator: it stays within its block, does the same for the same seed, and keeps frames frames."""
import mutator
import pytest

STREAM = b"".join(i.to_bytes(4, "big") + (3).to_bytes(4, "big") + b"\x02ab" for i in range(1, 5))


@pytest.fixture(scope="module")
def library():
    return mutator.load()


def frames(octets):
    """How many complete frames stand at the front."""
    n = at = 0
    while len(octets) - at >= 8 and len(octets) - at - 8 >= (length := int.from_bytes(octets[at + 4:at + 8], "big")):
        n, at = n + 1, at + 8 + length
    return n


@pytest.mark.parametrize("shape", [mutator.FRAMES, mutator.LIST, mutator.CHOICES, mutator.TEXT])
@pytest.mark.parametrize("len_max", [44, 50, 100, 4096])
def test_it_stays_within_its_block(library, shape, len_max):
    for seed in range(3000):
        assert len(mutator.mutate(library, shape, STREAM, seed, len_max)) <= len_max
        assert len(mutator.cross(library, shape, STREAM, STREAM[11:], seed, len_max)) <= len_max


def test_the_same_seed_makes_the_same_change(library):
    for seed in range(300):
        assert mutator.mutate(library, mutator.FRAMES, STREAM, seed) == mutator.mutate(library, mutator.FRAMES, STREAM, seed)


def test_most_changes_leave_frames_and_few_leave_all_as_it_was(library):
    changed = [mutator.mutate(library, mutator.FRAMES, STREAM, seed) for seed in range(1000)]
    assert sum(frames(octets) > 0 for octets in changed) > 700
    assert sum(octets == STREAM for octets in changed) < 300
    assert len(set(changed)) > 500


def test_an_empty_input_becomes_something(library):
    assert any(mutator.mutate(library, shape, b"", seed) for shape in range(4) for seed in range(50))


def test_a_fault_is_put_many_harmless_choices_away_from_another(library):
    changed = [mutator.mutate(library, mutator.CHOICES, b"", seed).strip(b"\0") for seed in range(1000)]
    assert sum(len(octets) > 100 and 2 <= len(octets) - octets.count(0) < len(octets) // 4 for octets in changed) > 50
