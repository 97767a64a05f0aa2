from __future__ import annotations

from typing import TYPE_CHECKING

import comm
import pytest
from widget_browser import Browser, RecordingComm

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def browser(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Browser]:
    monkeypatch.setattr(comm, "create_comm", RecordingComm)
    played = Browser()
    yield played
    for widget in played.widgets:
        await widget.supervisor.aclose()
        widget.close()
