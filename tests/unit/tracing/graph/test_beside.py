"""Work beside other work gives the same, with and without a second thread."""

from __future__ import annotations

from threading import Barrier, get_ident

import pytest

from workbench.tracing.graph.beside import LEAST_ROWS, Beside


@pytest.mark.parametrize("rows", [0, LEAST_ROWS])
def test_work_is_done_and_what_it_raises_is_raised(rows):
    def fail():
        raise ValueError("no such work")

    with Beside(rows) as beside:
        one, other = beside.start(get_ident), beside.start(lambda: 2)
        assert (one() == get_ident(), other()) == (rows == 0, 2)
        with pytest.raises(ValueError, match="no such work"):
            beside.start(fail)()


@pytest.mark.parametrize("rows", [0, LEAST_ROWS])
def test_items_are_shared(rows):
    done = []
    with Beside(rows) as beside:
        beside.share(range(100), done.append)
    assert sorted(done) == list(range(100))


def test_two_items_are_worked_on_at_once():
    met = Barrier(2, timeout=30)
    with Beside(LEAST_ROWS) as beside:
        beside.share([1, 2], lambda _: met.wait())
    assert not met.broken
