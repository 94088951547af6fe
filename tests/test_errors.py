from __future__ import annotations

import pandas as pd

from bench.errors import count, listed, suggest


def test_the_nearest_name_and_what_there_is() -> None:
    assert suggest("pantom", ["phantom", "csv"]) == " Did you mean 'phantom'? Available: csv, phantom."
    assert suggest("zzz", []) == " Available: none."


def test_names_in_a_sentence() -> None:
    assert [listed(names) for names in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a and b", "a, b and c"]


def test_rows_are_counted_with_their_patients() -> None:
    rows = pd.DataFrame({"patient": [f"p{i // 2}" for i in range(2000)]})
    assert count(rows) == "2,000 images of 1,000 patients"
    assert count(rows.head(3), "rows") == "3 rows of 2 patients"
