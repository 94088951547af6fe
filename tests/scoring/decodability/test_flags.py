import pytest

from bench.scoring.decodability import flags


def test_every_flag_has_one_sentence_of_its_own() -> None:
    names = {value for name, value in vars(flags).items() if name.isupper() and isinstance(value, str)}
    assert names == set(flags.MEANINGS)
    assert set(flags.MEANINGS) >= flags.VOID_REMOVAL
    assert len(set(flags.MEANINGS.values())) == len(names)
    for meaning in flags.MEANINGS.values():
        assert meaning.endswith(".")
        assert ". " not in meaning


@pytest.mark.parametrize(
    ("flag", "expected"),
    [
        ("RANDOMISED", (None, "RANDOMISED")),
        ("features: BLIND", ("features", "BLIND")),
        ("block 1: CONTROL_LEAK", ("block 1", "CONTROL_LEAK")),
    ],
)
def test_layer_and_name(flag: str, expected: tuple[str | None, str]) -> None:
    assert flags.split(flag) == expected
