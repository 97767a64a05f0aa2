"""Lets commands that make no frame start without pandas, which would take most of their start."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

_PANDAS = "pandas"


class _NotYet:
    """An import finder that does not find pandas."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> None:
        del path, target
        if name == _PANDAS:
            raise ModuleNotFoundError(f"No module named {_PANDAS!r}", name=_PANDAS)


def leave_pandas_out() -> None:
    """Keep pyarrow from importing pandas until a frame is made.

    pyarrow imports pandas at its first ``pa.array`` of a list, to recognise frames among the values. It looks once; if
    it finds none, it goes on without, and looks again when a table is converted to a frame or a frame to a table.
    """
    if _PANDAS in sys.modules:
        return
    import pyarrow as pa

    sys.meta_path.insert(0, _NotYet)
    try:
        pa.array([0])
    finally:
        sys.meta_path.remove(_NotYet)
