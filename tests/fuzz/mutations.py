"""Mutates bytes as fuzzers do: bits, numbers, pieces of the input itself and of others, words of the formats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeds import WORDS

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

LONGEST = 1 << 16
_NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFE, 0xFF)


def mutated(chance: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Return another input: one to eight mutations of this one."""
    made = bytearray(data)
    for _ in range(1 << chance.randrange(4)):
        at = chance.randrange(len(made) + 1)
        size = min(1 << chance.randrange(7), len(made) - at)
        match chance.randrange(9):
            case 0 if made:
                made[at - 1] ^= 1 << chance.randrange(8)
            case 1 if made:
                made[at - 1] = chance.choice(_NUMBERS)
            case 2:
                del made[at : at + size]
            case 3:
                made[at:at] = made[at : at + size]
            case 4:
                made[at:at] = chance.choice(WORDS)
            case 5:
                word = chance.choice(WORDS)
                made[at : at + len(word)] = word
            case 6 if made:
                made[at - 1] = (made[at - 1] + chance.randrange(-4, 5)) % 256
            case 7:
                other = chance.choice(others)
                start = chance.randrange(len(other) + 1)
                made[at : at + size] = other[start : start + (1 << chance.randrange(10))]
            case _:
                del made[at:]
                other = chance.choice(others)
                made += other[chance.randrange(len(other) + 1) :]
    return bytes(made[:LONGEST])
