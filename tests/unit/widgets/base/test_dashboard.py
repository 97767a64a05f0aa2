from __future__ import annotations

import pytest

from workbench.widgets.base.dashboard import in_voila


@pytest.mark.parametrize(("server", "expected"), [("voila/0.5.13", True), ("jupyter/2.21", False), (None, False)])
def test_the_server_of_the_kernel_is_known_by_its_name(monkeypatch, server, expected):
    monkeypatch.delenv("SERVER_SOFTWARE", raising=False)
    if server is not None:
        monkeypatch.setenv("SERVER_SOFTWARE", server)
    assert in_voila() is expected
