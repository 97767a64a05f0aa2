"""Runs one target on mutated inputs in this process, which a sanitizer ends; the parent has the input (see `run`).

Inputs that reach code which no input before has reached are kept, and mutated further.
"""

from __future__ import annotations

import ctypes
import mmap
import random
import sys
import time
from pathlib import Path

import numpy as np
import seeds
from mutations import mutated
from targets import TARGETS

EDGES = 1 << 14
_LEVELS = np.array([count.bit_length() for count in range(256)], np.uint8)
"""That a loop ran once or often is another way; that it ran 40 or 41 times is not."""
STATE_BYTES = 1 << 20
NAME_BYTES = 32
"""The file for the parent: number of inputs and size of the present one (8 bytes each), its target (32), and itself."""


class State:
    """Tells the parent what is running."""

    def __init__(self, path: str) -> None:
        with Path(path).open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), STATE_BYTES)
        self.count = 0

    def begin(self, target: str) -> int:
        """Note the target; return the number of inputs so far."""
        self._memory[16 : 16 + NAME_BYTES] = target.encode().ljust(NAME_BYTES)
        return self.count

    def note(self, data: bytes) -> None:
        """Note an input before it runs."""
        start = 16 + NAME_BYTES
        self.count += 1
        self._memory[start : start + len(data)] = data
        self._memory[8:16] = len(data).to_bytes(8, "little")
        self._memory[:8] = self.count.to_bytes(8, "little")


class Coverage:
    """The counts of edges that the instrumented modules write."""

    def __init__(self, library: str) -> None:
        address = ctypes.addressof((ctypes.c_uint8 * EDGES).in_dll(ctypes.CDLL(library), "edges"))
        self._now = np.ctypeslib.as_array((ctypes.c_uint8 * EDGES).from_address(address))
        self._seen = np.zeros(EDGES, np.uint8)

    def begin(self) -> None:
        self._now[:] = 0

    def anything_new(self) -> bool:
        level = _LEVELS[self._now]
        new = bool((level > self._seen).any())
        np.maximum(self._seen, level, out=self._seen)
        return new


def fuzz(target: str, seconds: float, seed: int, state: State, coverage: Coverage, folder: Path | None) -> str:  # noqa: PLR0917
    """Run one target on its seeds, then on mutated inputs until the time is over; say what it came to."""
    run, chance = TARGETS[target], random.Random(seed)  # noqa: S311 - repeatable, not secret
    waiting = seeds.seeds()[target]
    if folder is not None:
        waiting += [path.read_bytes() for path in sorted(folder.glob("*"))]
    kept: list[bytes] = []
    first, stop = state.begin(target), time.monotonic() + seconds
    # Every seed runs, whatever the time: those that failed once are among them.
    while waiting or time.monotonic() < stop:
        mutation = not waiting
        data = mutated(chance, chance.choice(kept), kept) if mutation else waiting.pop()
        state.note(data)
        coverage.begin()
        run(data)
        if coverage.anything_new() or not kept:
            kept.append(data)
            if folder is not None and mutation:
                (folder / f"{seed}-{state.count}").write_bytes(data)
    return f"{target}: {state.count - first:,} inputs, {len(kept):,} of them reached new code"


def main(targets: str, seconds: float, seed: int, *paths: str) -> None:
    state_path, library, kept_folder = paths
    state = State(state_path)
    for target in targets.split(","):
        folder = Path(kept_folder) / target if kept_folder else None
        print(fuzz(target, seconds, seed, state, Coverage(library), folder), flush=True)  # noqa: T201 - for the parent


if __name__ == "__main__":
    if len(sys.argv) == 3:
        TARGETS[sys.argv[1]](Path(sys.argv[2]).read_bytes())
    else:
        main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
