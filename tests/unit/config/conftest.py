from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path):
    def write(text: str) -> Path:
        (tmp_path / "workbench.toml").write_text(text)
        return tmp_path

    return write
