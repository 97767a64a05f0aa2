from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from workbench.config.memory_limits import max_record_bytes, tail_memory_bytes
from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path


def test_the_variable_comes_before_the_file_and_the_file_before_the_default(tmp_path: Path) -> None:
    assert tail_memory_bytes({}, folder=tmp_path) == 512 << 20
    (tmp_path / "workbench.toml").write_text("tail_memory_mb = 64\n")
    assert tail_memory_bytes({}, folder=tmp_path) == 64 << 20
    assert tail_memory_bytes({"WORKBENCH_TAIL_MEMORY_MB": " 128 "}, folder=tmp_path) == 128 << 20


@pytest.mark.parametrize("text", ["many", "1.5", "15", "-20", "٣٣", "0x20"])
def test_what_is_no_limit_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError, match="whole number of MiB"):
        tail_memory_bytes({"WORKBENCH_TAIL_MEMORY_MB": text}, folder=tmp_path)


def test_the_file_is_checked_too(tmp_path: Path) -> None:
    (tmp_path / "workbench.toml").write_text("tail_memory_mb = 8\n")
    with pytest.raises(ConfigurationError, match="tail_memory_mb"):
        tail_memory_bytes({}, folder=tmp_path)


def test_the_largest_record_has_a_variable_a_key_and_a_default(tmp_path: Path) -> None:
    assert max_record_bytes({}, folder=tmp_path) == 64 << 20
    (tmp_path / "workbench.toml").write_text("max_record_mb = 200\n")
    assert max_record_bytes({}, folder=tmp_path) == 200 << 20
    assert max_record_bytes({"WORKBENCH_MAX_RECORD_MB": "8"}, folder=tmp_path) == 8 << 20


@pytest.mark.parametrize("text", ["0", "1025", "-1", "1e3", "9" * 5000])
def test_what_is_no_size_of_a_record_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError, match="from 1 to 1024"):
        max_record_bytes({"WORKBENCH_MAX_RECORD_MB": text}, folder=tmp_path)
