from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from workbench.session.watching.cells import CellRun, running_cell

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Factory: pretend to be in a kernel whose present request is this one."""

    def pretend(request: Any) -> None:
        shell = SimpleNamespace(kernel=SimpleNamespace(get_parent=lambda: request))
        monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))

    return pretend


def test_a_front_end_names_the_cell(kernel: Callable[[Any], None]) -> None:
    kernel({"metadata": {"cellId": "c-1"}, "header": {"msg_id": "m-7"}})
    assert running_cell() == CellRun("c-1", "m-7")


@pytest.mark.parametrize(
    "request_",
    [None, {}, {"metadata": {}, "header": {"msg_id": "m"}}, {"metadata": {"cellId": 7}, "header": {"msg_id": "m"}}],
)
def test_without_a_name_there_is_no_cell(kernel: Callable[[Any], None], request_: Any) -> None:
    kernel(request_)
    assert running_cell() is None


def test_outside_of_a_kernel_there_is_no_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    assert running_cell() is None
    monkeypatch.delitem(sys.modules, "IPython")
    assert running_cell() is None
