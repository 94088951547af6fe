import pytest

from bench.config import document
from bench.errors import BenchError
from bench.pages import terminal
from bench.pages.document import Document


def _shown(document: Document, capsys: pytest.CaptureFixture[str]) -> str:
    terminal.show(document)
    return capsys.readouterr().out


def test_a_method_with_its_paragraphs_source_and_options(capsys: pytest.CaptureFixture[str]) -> None:
    text = _shown(document.of_method("adversarial"), capsys)
    assert text.startswith("adversarial\nA race classifier reads the features;")
    for words in ("Source: Ganin et al.", "method.strength", "float from 0.01 to 100, log scale", "Code: "):
        assert words in text
    assert "Trained and tested on twins" not in text
    assert "Trained and tested on twins" in _shown(document.of_method("oracle"), capsys)


def test_a_task_with_its_data_sets_and_the_options_of_one(capsys: pytest.CaptureFixture[str]) -> None:
    text = _shown(document.of_task("cxr", "nih_cxr14"), capsys)
    for words in (
        "Attribute race (protected by default): Asian, Black, White",
        "PadChest",
        "task.views",
        "Licence: ",
        "Covariates: ",
    ):
        assert words in text
    assert "task.patients" in _shown(document.of_task("cxr", None), capsys)
    with pytest.raises(BenchError, match="phantom"):
        document.of_task("cxr", "phantmo")


def test_options_of_neither(capsys: pytest.CaptureFixture[str]) -> None:
    text = _shown(document.of_options(), capsys)
    assert "trainer.max_epochs" in text
    for words in ("Backbones: resnet_small, densenet121", "Suites: 2", "the task's"):
        assert words in text
    assert "Undefined" not in text
    # As it is written, brackets and all.
    assert "tuple[str, ...] | None" in text
    assert "method." not in text.replace("method=", "")
