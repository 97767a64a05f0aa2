"""Groups of effects that exclude each other, as a success and a failure do: alternatives of one outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.tracing.graph.gathering import taken

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from workbench.tracing.graph.arrays import Ints

_LOOKED_AT_FIRST = 64
_WORD = 64
"""Groups whose bits are kept together."""


class Alternatives:
    """Which events have an effect of which group of types; a type joins a group if no event has effects of both.

    Args:
        count: How many events there are.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._groups = 0
        self._bits: list[NDArray[np.uint64]] = []

    def first_without(self, places: Ints) -> int:
        """Return the first group of which none of some events has an effect; the next new one if there is none."""
        for number, bits in enumerate(self._bits):
            known = (1 << min(self._groups - _WORD * number, _WORD)) - 1
            # Mostly the first few events tell that there is no such group.
            for some in (places[:_LOOKED_AT_FIRST], places[_LOOKED_AT_FIRST:]):
                known &= ~int(np.bitwise_or.reduce(taken(bits, some), initial=0))
                if not known:
                    break
            else:
                return _WORD * number + (known & -known).bit_length() - 1
        return self._groups

    def add(self, group: int, places: Ints) -> None:
        """Note that some events have an effect of a group, which may be the next new one."""
        self._groups = max(self._groups, group + 1)
        number, bit = divmod(group, _WORD)
        if number == len(self._bits):
            self._bits.append(np.zeros(self._count, dtype=np.uint64))
        self._bits[number][places] |= np.uint64(1 << bit)
