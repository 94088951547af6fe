"""What stands beneath the ticks of the frequency curves."""

import pytest

from bench.reading_race.figures import _percent


@pytest.mark.parametrize(
    ("share", "words"),
    [(0, "0%"), (0.000244, "0.02%"), (0.0059, "0.6%"), (0.00996, "1%"), (0.039, "4%"), (0.0996, "10%"), (1, "100%")],
)
def test_shares_of_bins_are_short_percentages(share: float, words: str) -> None:
    assert _percent(share) == words
