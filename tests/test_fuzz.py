"""The small form of `make fuzz`: every target takes its seeds, pieces of them, and arbitrary bytes."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.__main__ import SAMPLES
from fuzz.targets import TARGETS

SEEDS = [path.read_bytes()[:8192] for path in sorted(SAMPLES.glob("*/samples/*.txt"))]


@pytest.mark.parametrize("name", TARGETS)
def test_targets_take_their_seeds_and_pieces_of_them(name):
    for number, seed in enumerate(SEEDS):
        cut = (number * 997) % len(seed)
        for piece in (seed, seed[cut:], seed[:cut], seed.replace(b"\n", b"\0", 1)):
            assert TARGETS[name](piece) is None


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(data=st.binary(max_size=300) | st.sampled_from(SEEDS).map(lambda seed: seed[:120]))
def test_targets_take_any_bytes(name, data):
    assert TARGETS[name](data) is None
