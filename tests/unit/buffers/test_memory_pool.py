"""Captures borrow an allocator and give it back."""

from __future__ import annotations

import os
import subprocess
import sys

import pyarrow as pa
import pytest

from workbench.buffers.memory_pool import steady_allocation

pytestmark = pytest.mark.skipif("jemalloc" not in pa.supported_memory_backends(), reason="this Arrow has no jemalloc")


@pytest.fixture(autouse=True)
def _nobody_chose(monkeypatch):
    monkeypatch.delenv("ARROW_DEFAULT_MEMORY_POOL", raising=False)


def test_captures_side_by_side_share_it_and_the_last_restores_what_was_there():
    before = pa.default_memory_pool().backend_name
    first, second = steady_allocation(), steady_allocation()
    with first:
        kept = pa.array(["made while it runs"])
        second.__enter__()
        assert pa.default_memory_pool().backend_name == "jemalloc"
    assert pa.default_memory_pool().backend_name == "jemalloc"
    second.__exit__(None, None, None)
    assert pa.default_memory_pool().backend_name == before
    assert kept.to_pylist() == ["made while it runs"]


def test_a_failed_capture_restores_it():
    before = pa.default_memory_pool().backend_name
    with pytest.raises(ValueError, match="failed"), steady_allocation():
        raise ValueError("failed")
    assert pa.default_memory_pool().backend_name == before


def test_what_the_user_chose_stays(monkeypatch):
    monkeypatch.setenv("ARROW_DEFAULT_MEMORY_POOL", "system")
    before = pa.default_memory_pool().backend_name
    with steady_allocation():
        assert pa.default_memory_pool().backend_name == before


@pytest.mark.parametrize(
    ("before", "chosen", "pool"),
    [
        ("import workbench", {}, "jemalloc"),
        ("import workbench", {"ARROW_DEFAULT_MEMORY_POOL": "system"}, "system"),
        ("import pyarrow, workbench", {}, "mimalloc"),
    ],
)
def test_arrow_that_is_loaded_after_the_workbench_gets_it_for_its_compiled_code(before, chosen, pool):
    code = f"{before}; import pyarrow; print(pyarrow.default_memory_pool().backend_name)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env={**os.environ, **chosen})
    assert (done.stdout.decode().strip(), done.stderr) == (pool, b"")


def test_memory_that_is_freed_goes_back_after_a_capture_also_where_jemalloc_is_the_pool_anyway(monkeypatch):
    monkeypatch.setenv("ARROW_DEFAULT_MEMORY_POOL", "jemalloc")
    before = pa.default_memory_pool().backend_name
    with steady_allocation():
        assert pa.default_memory_pool().backend_name == "jemalloc"
    assert pa.default_memory_pool().backend_name == before
