"""Writes numbers of bytes: always exact, and from a MiB on in a binary unit too."""

from __future__ import annotations

from workbench.text.counts import counted

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_STEP = 1024


def size_text(size_bytes: int | None) -> str:
    """Write a size: ``1 byte``, ``500 bytes``, ``1,572,864 bytes (1.5 MiB)``, ``unknown bytes`` for None."""
    exact = counted(size_bytes, "byte")
    if size_bytes is None or abs(size_bytes) < _STEP**2:
        return exact
    power = min((abs(size_bytes).bit_length() - 1) // 10, len(_UNITS) - 1)
    scaled = f"{size_bytes / _STEP**power:.1f}".removesuffix(".0")
    return f"{exact} ({scaled} {_UNITS[power]})"
