from __future__ import annotations

import gc

from workbench.session.watching.cells import CellRun
from workbench.session.watching.replacing import LiveViews


class View:
    def __init__(self) -> None:
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


class Notebook:
    """Plays the cells; each view is made in the cell that is running."""

    def __init__(self) -> None:
        self.cell: CellRun | None = None
        self.views = LiveViews(lambda: self.cell)

    def shows(self, name: str, *, named: bool = False) -> View:
        view = View()
        self.views.end_former(name, named=named)
        self.views.add(view, name)
        return view


def test_running_a_cell_again_ends_all_that_it_made() -> None:
    notebook = Notebook()
    notebook.cell = CellRun("a", "1")
    first, second = notebook.shows("orders"), notebook.shows("orders")
    notebook.cell = CellRun("b", "2")
    other = notebook.shows("orders")
    assert (first.closed, second.closed) == (0, 0)
    notebook.cell = CellRun("a", "3")
    third, fourth = notebook.shows("bills"), notebook.shows("bills")
    assert (first.closed, second.closed, other.closed) == (1, 1, 0)
    assert (third.closed, fourth.closed) == (0, 0)


def test_without_cells_the_name_decides() -> None:
    notebook = Notebook()
    first, other = notebook.shows("orders"), notebook.shows("bills")
    second = notebook.shows("orders")
    assert (first.closed, other.closed, second.closed) == (1, 0, 0)


def test_a_name_of_the_user_decides_in_every_cell() -> None:
    notebook = Notebook()
    notebook.cell = CellRun("a", "1")
    first = notebook.shows("mine", named=True)
    notebook.cell = CellRun("b", "2")
    notebook.shows("mine", named=True)
    assert first.closed == 1


def test_views_that_are_gone_are_forgotten() -> None:
    notebook = Notebook()
    notebook.shows("orders")
    gc.collect()
    kept = notebook.shows("bills")
    assert notebook.views.find("orders") is None
    assert notebook.views.find("bills") is kept
    assert len(notebook.views._shown) == 1
