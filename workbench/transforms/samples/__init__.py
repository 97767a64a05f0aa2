"""Small transforms in WebAssembly text, for those without a toolchain; each file says at its head what it does.

They are named ``sample:passthrough`` and ``sample:mask`` where a module is asked for.
"""

from __future__ import annotations

from pathlib import Path

PREFIX = "sample:"


def sample_names() -> list[str]:
    """Return the names of all samples, sorted."""
    return sorted(path.stem for path in Path(__file__).parent.glob("*.wat"))


def sample_path(name: str) -> Path | None:
    """Return the file of a sample; None where there is none of that name."""
    return Path(__file__).with_name(f"{name}.wat") if name in sample_names() else None
