import threading

import pytest
from threadpoolctl import threadpool_info

from bench.scoring.decodability.parallel import each, one_thread_each


@pytest.mark.parametrize("at_once", [1, 3])
def test_results_come_in_the_order_of_the_items(at_once: int) -> None:
    first = threading.Event()

    def late(item: int) -> int:
        if item == 0 and at_once > 1:
            assert first.wait(10)  # the first item ends after the second
        first.set()
        return item**2

    assert each(late, range(6), at_once) == [0, 1, 4, 9, 16, 25]


def test_an_error_in_one_is_an_error_of_all() -> None:
    def fail(item: int) -> int:
        raise ValueError(str(item))

    with pytest.raises(ValueError, match="0"):
        each(fail, range(3), 2)


def test_large_features_are_read_one_or_two_splits_at_a_time_and_each_has_one_thread() -> None:
    with one_thread_each(2**25) as large, one_thread_each(2**40) as huge, one_thread_each(10) as small:
        assert large == 1
        assert 1 <= huge <= 2
        assert small >= huge
        assert {library["num_threads"] for library in threadpool_info()} <= {1}
