from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from workbench.config import trust_file
from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path):
    def write(text: str, *, trust: bool = True) -> Path:
        """Write a settings file that the user trusts if it is valid."""
        (tmp_path / "workbench.toml").write_text(text)
        if trust:
            with contextlib.suppress(ConfigurationError):
                trust_file(tmp_path / "workbench.toml")
        return tmp_path

    return write
