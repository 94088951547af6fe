from __future__ import annotations

import pytest

from bench.errors import BenchError
from bench.work import Ended, Job, local, results


def job(name: str, error: BaseException | None = None) -> Job[str]:
    def run() -> str:
        if error is not None:
            raise error
        return name.upper()

    return Job(id=name, label=f"job {name}", done=lambda: False, run=run)


def test_every_job_is_run_in_order_and_announced(capsys: pytest.CaptureFixture[str]) -> None:
    ended = local.run([job("a"), job("b")])
    assert results(ended, "runs") == ["A", "B"]
    assert capsys.readouterr().err.splitlines() == ["[1/2] job a", "[2/2] job b"]


def test_one_that_fails_keeps_none_of_the_others_and_is_named_in_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    failing = BenchError("there is no [b] here")
    ended = local.run([job("a"), job("b", failing), job("c"), job("d", BenchError("nor here"))])
    assert [one.result for one in ended] == ["A", None, "C", None]
    assert ended[1].error is failing
    assert "error: there is no [b] here" in capsys.readouterr().err.splitlines()
    with pytest.raises(BenchError, match=r"^2 of 4 runs failed \(job b; job d\); the others are recorded\.$"):
        results(ended, "runs")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("a fault of ours")])
def test_what_the_user_cannot_mend_and_an_interruption_stop_all(error: BaseException) -> None:
    ran: list[str] = []
    last = Job("c", "c", lambda: False, lambda: ran.append("c"))
    with pytest.raises(type(error)):
        local.run([job("a"), job("b", error), last])
    assert not ran


def test_a_watcher_is_told_of_every_begin_and_end_with_numbers_from_one() -> None:
    told: list[object] = []

    class Watcher:
        def begin(self, job: Job[str], number: int, total: int) -> None:
            told.append((job.id, number, total))

        def end(self, ended: Ended[str], number: int, total: int) -> None:
            told.append((ended.result, ended.error is not None, number, total))

    local.run([job("a"), job("b", BenchError("no"))], Watcher())
    assert told == [("a", 1, 2), ("A", False, 1, 2), ("b", 2, 2), (None, True, 2, 2)]


def test_no_jobs_have_no_results() -> None:
    assert results(local.run([]), "runs") == []


def test_any_error_is_survived_where_that_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    ended = local.run([job("a", RuntimeError("out of\nmemory")), job("b")], survived=Exception)
    assert [one.result for one in ended] == [None, "B"]
    assert "error: RuntimeError: out of memory" in capsys.readouterr().err.splitlines()
    with pytest.raises(KeyboardInterrupt):
        local.run([job("a", KeyboardInterrupt()), job("b")], survived=Exception)
