import numpy as np
import pytest

from bench.errors import BenchError
from bench.scoring.evaluation import evaluate
from bench.task import Attribute
from tests.scoring.test_evaluation import inputs


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"targets": np.zeros((400, 3))}, r"needs targets of shape \(400, 2\); got \(400, 3\)"),
        ({"probabilities": np.zeros((399, 2))}, r"needs probabilities of shape \(400, 2\)"),
        ({"thresholds": np.zeros(1)}, r"needs thresholds of shape \(2,\)"),
        ({"targets": np.full((400, 2), 2.0)}, "targets that are 1, 0 or NaN"),
        ({"probabilities": np.full((400, 2), 1.5)}, r"within \[0, 1\]; 800 of 800 are not.*'effusion' in row 0: 1.5"),
        ({"probabilities": np.full((400, 2), np.nan)}, "'effusion' in row 0: nan"),
        ({"attributes": [Attribute("sex", ("F", "M"), np.zeros(3, int))]}, r"the codes of 'sex' of shape \(400,\)"),
        ({"attributes": [Attribute("sex", ("F", "M"), np.full(400, 2))]}, "'sex' have to lie between -1 .* and 1"),
        ({"names": ("macro", "opacity")}, "none of them 'macro'"),
        ({"names": ("opacity", "opacity")}, "different target names"),
    ],
)
def test_what_cannot_be_scored_is_refused(change, message):
    with pytest.raises(BenchError, match=message):
        evaluate(**(inputs() | change))
