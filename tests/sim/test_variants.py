"""The oracle does not judge how a scheduler works, only what it promises."""
import pytest

import variants

SEEDS = 500  # `make variants` runs 20,000 of each


def test_there_are_five():
    assert len(variants.NAMES) >= 5 and {variants.head_of(n)["traces"] for n in variants.NAMES} >= {"same", "differ"}


@pytest.mark.parametrize("name", variants.NAMES)
def test_a_variant_passes(program, tmp_path, name):
    assert variants.complaint(name, variants.build(name, tmp_path), program, SEEDS) is None
