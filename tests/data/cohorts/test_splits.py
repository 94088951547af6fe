import hashlib

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.data.cohorts.splits import FRACTIONS, assign


def test_the_split_of_a_patient_is_written_in_its_id():
    # Computed once and for ever: another result here would move patients of published records between splits.
    ids = pd.Series(["p000000", "p000001", "p000002", "p000003", "1", "2", "patient00001"])
    position = [int(hashlib.sha256(patient.encode()).hexdigest()[:16], 16) / 2**64 for patient in ids]
    expected = ["train" if u < 0.55 else "val" if u < 0.70 else "test" for u in position]
    assert assign(ids).tolist() == expected
    assert assign(ids).tolist() == ["test", "val", "train", "train", "train", "test", "train"]


def test_shares_are_those_asked_for():
    splits = assign(pd.Series([f"patient-{i}" for i in range(20_000)])).value_counts(normalize=True)
    for name, share in FRACTIONS.items():
        assert splits[name] == pytest.approx(share, abs=0.012)  # 3.5 standard errors


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(min_size=1), min_size=1, max_size=40), st.randoms())
def test_neither_order_nor_company_moves_a_patient(ids, random):
    whole = pd.Series(ids, index=range(100, 100 + len(ids)))
    rows = random.sample(range(len(ids)), k=random.randint(1, len(ids)))
    assert assign(whole.iloc[rows]).equals(assign(whole).iloc[rows])
    assert assign(whole).groupby(whole).nunique().eq(1).all()


def test_other_shares_and_bad_ones():
    ids = pd.Series([str(i) for i in range(5000)])
    two = assign(ids, {"train": 0.8, "val": 0.2})
    assert set(two) == {"train", "val"}
    assert (two == "train").mean() == pytest.approx(0.8, abs=0.02)
    with pytest.raises(ValueError, match="add up to 1"):
        assign(ids, {"train": 0.8, "val": 0.1})
    with pytest.raises(ValueError, match="without a patient"):
        assign(pd.Series(["a", None]))
