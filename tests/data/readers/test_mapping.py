from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from bench.builtin.tasks.cxr import ChestXray

from bench.data.readers.loading import load
from tests.miniatures import refused

SMALLEST = "table: t.csv\nimage: FILE\npatient: MRN\ntargets: {effusion: EFF}\n"


def refusal(tmp_path: Path, text: str | bytes) -> str:
    file = tmp_path / "mapping.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    message = refused(load, file, ChestXray)
    assert str(file) in message
    return message


def test_the_short_form_has_the_documented_defaults(tmp_path: Path) -> None:
    file = tmp_path / "mapping.yaml"
    file.write_text(SMALLEST + "sex: SEX\nage: AGE\n", encoding="utf-8")
    mapping = load(file, ChestXray)
    assert (mapping.image.column, mapping.image.path) == ("FILE", "{}")
    assert mapping.targets["effusion"].meaning() == {"1": 1, "1.0": 1, "0": 0, "0.0": 0}
    assert mapping.targets["effusion"].unknown == [""]
    assert {name: column.column for name, column in mapping.attributes.items()} == {"sex": "SEX"}
    assert sorted(mapping.columns()) == ["AGE", "EFF", "FILE", "MRN", "SEX"]


def test_numbers_are_words(tmp_path: Path) -> None:
    file = tmp_path / "mapping.yaml"
    file.write_text(SMALLEST + "race: {column: R, values: {1: White, 2.5: Black}, unknown: [9, '']}\n")
    race = load(file, ChestXray).attributes["race"]
    assert race.values == {"1": "White", "2.5": "Black"}
    assert race.unknown == ["9", ""]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no mapping of names"),
        ("- a\n", "no mapping of names"),
        ("a: [\n", "cannot be read as YAML"),
        (b"\xff\xfe\x00", "cannot be read as YAML"),
        ("when: 2020-13-45\n", "cannot be read as YAML"),
        ("!!python/object/apply:os.system ['true']\n", "cannot be read as YAML"),
        ("a: &a [1]\nb: *a\n", "YAML reference"),
        ("a: " + "x" * 200_000, "100,000 bytes"),
        (SMALLEST + "patient: ID\n", "names 'patient' twice, in line 5"),
        (SMALLEST + "race: {column: R, values: {W: White, W: Black}}\n", "names 'W' twice, in line 5"),
        (SMALLEST.replace("patient: MRN\n", ""), "'patient' is missing"),
        (SMALLEST + "covariate: {}\n", "no 'covariate'. Did you mean 'covariates'?"),
        (SMALLEST + "rase: R\n", "no 'rase'. Did you mean 'race'?"),
        (SMALLEST.replace("EFF", "{column: E, positiv: [x]}"), "'targets.effusion.positiv'. Did you mean 'positive'?"),
        (SMALLEST.replace("image: FILE", "image: {column: F, paht: x}"), "no 'image.paht'. Did you mean 'path'?"),
        (SMALLEST.replace("image: FILE", "image: {column: F, path: x}"), "image.path"),
        (SMALLEST.replace("{effusion: EFF}", "{}"), "targets"),
        (SMALLEST.replace("effusion", "efusion"), "the target 'efusion', .* Did you mean 'effusion'?"),
        (SMALLEST + "covariates: {scaner: S}\n", "the covariate 'scaner', .* Did you mean 'scanner'?"),
        (SMALLEST + "race: {column: R, values: {W: Whit}}\n", "maps 'W' to 'Whit', .* Did you mean 'White'?"),
        (SMALLEST + "split: {column: S, values: {a: train, b: tets}}\n", "maps 'b' to 'tets', .* Did you mean 'test'?"),
        (SMALLEST + "race: {column: R, values: {W: White}, unknown: [W]}\n", "'W' two meanings"),
        (SMALLEST.replace("EFF", "{column: E, positive: [x], negative: [x]}"), "'x' two meanings"),
        (SMALLEST.replace("EFF", "{column: E, positive: [yes]}"), "targets.effusion.positive.0: .*put it in quotes"),
        (SMALLEST + "race: {column: R, values: {W: White}, unknown: [~]}\n", "race.unknown.0: .*write '' for blank"),
        (SMALLEST.replace("table: t.csv", "table: ../t.csv"), "table '../t.csv'. Tables lie below task.root"),
        (SMALLEST.replace("table: t.csv", "table: /etc/passwd"), "table '/etc/passwd'. Tables lie below task.root"),
        (SMALLEST.replace("table: t.csv", "table: 'a\\..\\..\\t.csv'"), "Tables lie below task.root"),
        (SMALLEST + "patients: ../p.csv\n", "table '../p.csv'. Tables lie below task.root"),
        (SMALLEST + "patients: {tabel: p.csv}\n", "no 'patients.tabel'. Did you mean 'table'?"),
        (SMALLEST + "sex: {column: S, table: patients}\n", "sex, asks for the table of patients, .* names none"),
        (SMALLEST.replace("image: FILE", "image: {column: F, path: 'a**/{}'}"), "image.path, .* alone between slashes"),
        (SMALLEST.replace("effusion: EFF", "Effusions: EFF"), "'Effusions', .* mean 'effusion'? .* say own: true"),
        (SMALLEST.replace("EFF", "{column: E, own: true}"), "effusion, is a target of task 'cxr': leave own out"),
        (SMALLEST.replace("effusion", "two words"), "target 'two words': a name of your own is made of letters"),
        (SMALLEST.replace("effusion", "patient"), "target 'patient', which stands for something else"),
        (SMALLEST.replace("effusion", "scanner"), "target 'scanner', which stands for something else"),
        (SMALLEST + "attributes: {caste: C}\n", "caste, has the groups none: groups: .A, B. names two or more"),
        (SMALLEST + "attributes: {caste: {column: C, groups: [a, a]}}\n", "caste, has the groups 'a', 'a'"),
        (SMALLEST + "attributes: {effusion: {column: C, groups: [a, b]}}\n", "'effusion', which stands for something"),
        (SMALLEST + "race: R\nattributes: {race: {column: C, groups: [a, b]}}\n", "the attribute 'race' twice"),
        (SMALLEST + "race: {column: R, groups: [a, b], values: {x: White}}\n", "maps 'x' to 'White', .* a, b"),
        (SMALLEST + "race: {column: R, values: {x: Han}}\n", "Groups of your own are named by groups: .A, B."),
        (SMALLEST + "age: {column: A, values: {x: old}}\n", "age, maps 'x' to 'old', which is no number of years"),
        (SMALLEST + "age: {column: A, values: {x: 1}, unknown: [x]}\n", "age, gives 'x' two meanings"),
        (SMALLEST + "sex: {column: S, values: {'a  b': F, a b: M}}\n", "gives 'a b' two meanings"),
        (SMALLEST + "sex: {column: S, values: {010: F, b: M}}\n", "010 in line 5, which YAML reads as 8. Put it in"),
        (SMALLEST.replace("patient: MRN", "patient: 7"), "patient: input should be a valid string .given: 7"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(tmp_path: Path, text: str | bytes, words: str) -> None:
    assert re.search(words.replace("?", r"\?"), refusal(tmp_path, text)), refusal(tmp_path, text)


def test_bombs_are_refused_at_once(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    began = time.process_time()
    assert "YAML reference" in refusal(tmp_path, "\n".join(lines))
    assert "cannot be read as YAML" in refusal(tmp_path, "[" * 99_000)
    assert time.process_time() - began < 5


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    text = "tabel: t.csv\nimage: {column: F, path: x}\ntargets: {effusion: {column: E, positiv: [x]}}\nrase: R\n"
    message = refusal(tmp_path, text)
    for words in (
        "6 things are to be mended. (1)",
        "'tabel'",
        "image.path",
        "'patient' is missing",
        "positiv",
        "'rase'",
    ):
        assert words in message
    text = SMALLEST.replace("effusion", "efusion") + (
        "race: {column: R, values: {W: Whit, B: Blak}, unknown: [B]}\ncovariates: {scaner: S}\n"
        "age: {column: A, values: {x: old}}\nsplit: {column: S, values: {a: tran}}\n"
    )
    message = refusal(tmp_path, text)
    for words in ("7 things", "efusion", "'Whit'", "'Blak'", "'B' two meanings", "scaner", "'old'", "'tran'"):
        assert words in message


def test_findings_and_groups_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "mapping.yaml"
    file.write_text(
        "table: t.csv\nimage: F\npatient: P\ntargets: {tuberculosis: TB, nodules: {column: N, own: true}}\n"
        "race: {column: R, values: {h: Han, u: Uyghur}, groups: [Uyghur, Han]}\n"
        "attributes: {caste: {column: C, values: {1: low, 2: high}}, religion: {column: D, groups: [x, y]}}\n"
    )
    mapping = load(file, ChestXray)
    assert mapping.groups("race", ChestXray) == ("Uyghur", "Han")
    assert mapping.groups("caste", ChestXray) == ("high", "low")
    assert mapping.groups("religion", ChestXray) == ("x", "y")
    assert mapping.groups("sex", ChestXray) == ("F", "M")
    assert list(mapping.attributes) == ["race", "caste", "religion"]
