"""Nobody who listens can end a capture."""

from __future__ import annotations

import logging

import pytest

from workbench.capture.progress import CaptureProgress


@pytest.mark.parametrize("error", [ValueError("bad"), BrokenPipeError(32, "Broken pipe"), KeyError("x")])
def test_a_listener_that_fails_is_not_called_again(caplog, error):
    calls = []

    def listen(progress):
        calls.append(progress.state)
        raise error

    progress = CaptureProgress([], listen)
    with caplog.at_level(logging.ERROR):
        progress.tell()
        progress.end("done", "")
    assert calls == ["running"]
    assert "not called again" in caplog.text
