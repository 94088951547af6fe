from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.errors import BenchError
from bench.method import TrainingSet, balanced_batches


def train(n: int, batch_size: int) -> TrainingSet:
    return TrainingSet(torch.zeros(n, 1), torch.zeros(n, dtype=torch.long), batch_size=batch_size)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-1, 3), min_size=12, max_size=60), st.integers(4, 12), st.integers(0, 99))
def test_every_batch_holds_every_stratum_in_equal_shares(codes: list[int], size: int, seed: int) -> None:
    strata = torch.tensor(codes)
    there = strata[strata >= 0].unique()
    if len(there) == 0:
        return
    torch.manual_seed(seed)
    batches = balanced_batches(train(len(codes), size), strata)
    assert batches.shape == (len(codes) // size, size)
    for batch in batches:
        counts = torch.stack([(strata[batch] == code).sum() for code in there])
        assert counts.sum() == size  # nobody of unknown stratum
        assert counts.max() - counts.min() <= 1
        for code, count in zip(there, counts, strict=True):
            members = batch[strata[batch] == code]
            # Twice in a batch only where there are not enough.
            assert len(members.unique()) == min(int(count), int((strata == code).sum()))
    totals = torch.stack([(strata[batches] == code).sum() for code in there])
    assert totals.max() - totals.min() <= 1


def test_a_stratum_is_gone_through_before_it_is_begun_again() -> None:
    strata = torch.tensor([0] * 90 + [1] * 6)
    torch.manual_seed(0)
    rare = [i for batch in balanced_batches(train(96, 8), strata).tolist() for i in batch if strata[i] == 1]
    counts = torch.bincount(torch.tensor(rare), minlength=96)[90:]
    assert len(rare) == 48
    assert counts.tolist() == [8] * 6


def test_the_order_is_torchs() -> None:
    strata = torch.arange(40) % 2
    drawn = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        drawn.append(balanced_batches(train(40, 8), strata))
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


@pytest.mark.parametrize(
    ("codes", "size", "words"),
    [([-1] * 8, 4, "every code is -1"), (list(range(8)), 4, "8 strata, and a batch has 4 images")],
)
def test_what_cannot_be_composed_is_a_paragraph(codes: list[int], size: int, words: str) -> None:
    with pytest.raises(BenchError, match=words):
        balanced_batches(train(len(codes), size), torch.tensor(codes))
