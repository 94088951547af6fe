"""Dials that every phantom has."""

import pytest
from pydantic import ValidationError

from bench.phantom import Bias


def test_every_dial_can_be_untied_and_says_what_it_does() -> None:
    untied = Bias(**dict.fromkeys(Bias.model_fields, 0.0))
    assert set(untied.model_dump().values()) == {0.0}
    assert all(field.description for field in Bias.model_fields.values())


@pytest.mark.parametrize(
    "dials", [{"prevalence": -0.1}, {"annotation": 1.0}, {"race_signal": "strong"}, {"habit": 1.0}]
)
def test_what_is_no_dial_or_out_of_range_is_refused(dials: dict) -> None:
    with pytest.raises(ValidationError):
        Bias(**dials)
