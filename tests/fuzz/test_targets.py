import pytest
from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_and_their_simplest_mutations_pass_the_oracle(name):
    target = TARGETS[name]
    for seed in target.seeds:
        target.run(seed)
        for part in (b"", seed[: len(seed) // 2], seed[len(seed) // 2 :], seed + seed):
            target.run(part)
        for place in range(0, len(seed), max(1, len(seed) // 24)):
            target.run(seed[:place] + b"\0" + seed[place + 1 :])
            target.run(seed[:place] + b'"9;,' + seed[place:])
