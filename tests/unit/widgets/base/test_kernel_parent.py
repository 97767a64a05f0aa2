from __future__ import annotations

import time
from queue import Empty
from typing import TYPE_CHECKING, Any

import IPython
import pytest
from jupyter_client.manager import start_new_kernel

from workbench.widgets.base.kernel_parent import RECENT_REQUESTS, keep_parent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_client.blocking.client import BlockingKernelClient

CELLS = 40
OPEN_COMM = """
import asyncio
from comm import create_comm
from workbench.widgets.base.kernel_parent import keep_parent
keep_parent()
heard = []
channel = create_comm("test", comm_id="test")
channel.on_msg(lambda message: heard.append(message))
"""


class FakeKernel:
    """Notes the present request as a kernel does."""

    def __init__(self) -> None:
        self.present: tuple[Any, Any] = (b"", {})
        self.control: tuple[Any, Any] = (b"", {})

    def set_parent(self, ident: Any, parent: Any, channel: str = "shell") -> None:
        if channel == "control":
            self.control = ident, parent
        else:
            self.present = ident, parent

    def get_parent(self, channel: str | None = None) -> Any:
        return self.control[1] if channel == "control" else self.present[1]


def message(number: int, kind: str = "execute_request") -> dict[str, Any]:
    return {"header": {"msg_id": f"{kind} {number}", "msg_type": kind}}


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> FakeKernel:
    made = FakeKernel()
    shell = type("Shell", (), {"kernel": made})
    monkeypatch.setattr(IPython, "get_ipython", shell)
    keep_parent()
    mended = vars(made)["set_parent"]
    keep_parent()
    assert vars(made)["set_parent"] is mended
    return made


def test_a_former_cell_is_not_set_again_over_the_present_one(kernel: FakeKernel) -> None:
    kernel.set_parent(b"one", message(1), channel="shell")
    kernel.set_parent(b"two", message(2), channel="shell")
    kernel.set_parent(b"one", message(1), channel="shell")
    assert kernel.present == (b"two", message(2))


def test_the_cell_that_still_runs_is_set_again_after_a_message_of_a_view(kernel: FakeKernel) -> None:
    kernel.set_parent(b"one", message(1))
    kernel.set_parent(b"view", message(1, "comm_msg"))
    assert kernel.present == (b"view", message(1, "comm_msg"))
    kernel.set_parent(b"one", message(1))
    assert kernel.present == (b"one", message(1))


def test_the_control_channel_and_what_is_no_message_pass(kernel: FakeKernel) -> None:
    kernel.set_parent(b"one", message(1))
    kernel.set_parent(b"debugger", message(1, "debug_request"), channel="control")
    assert (kernel.present[0], kernel.control[0]) == (b"one", b"debugger")
    kernel.set_parent(b"", {})
    assert kernel.present == (b"", {})


def test_all_cells_of_a_long_notebook_are_told_apart(kernel: FakeKernel) -> None:
    for number in range(3 * RECENT_REQUESTS):
        kernel.set_parent(b"new", message(number))
        assert kernel.present[1] == message(number)


def test_without_a_kernel_there_is_nothing_to_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(IPython, "get_ipython", lambda: None)
    keep_parent()


@pytest.fixture
def client() -> Iterator[BlockingKernelClient]:
    manager, started = start_new_kernel()
    yield started
    started.stop_channels()
    manager.shutdown_kernel(now=True)


def test_each_cell_of_a_run_ends_while_views_send_messages(client: BlockingKernelClient) -> None:
    client.execute_interactive(OPEN_COMM, timeout=30)
    waiting = set()
    for _ in range(CELLS):
        waiting.add(client.execute("await asyncio.sleep(0)"))
        for _ in range(2):
            client.shell_channel.send(client.session.msg("comm_msg", {"comm_id": "test", "data": {}}))
    limit = time.monotonic() + 20
    while waiting and time.monotonic() < limit:
        try:
            told = client.get_iopub_msg(timeout=5)
        except Empty:
            break
        if told["content"].get("execution_state") == "idle":
            waiting.discard(told["parent_header"]["msg_id"])
    assert len(waiting) == 0, f"{len(waiting)} of {CELLS} cells are marked as running for ever"
