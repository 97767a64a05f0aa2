"""Fuzzes the compiled modules under sanitizers (``make fuzz``): each target in a process of its own, which may die.

An input that fails is kept in ``build/fuzz/failed`` with what was said; inputs that reached new code in
``build/fuzz/kept``, where the next run begins.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import sanitized

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Path(__file__).parent
FOLDER = sanitized.ROOT / "build" / "fuzz"
STATE_BYTES = 1 << 20
_SAID = 8_000
SUITE = ("decoding", "bus/kafka/fetching", "masking", "store/parquet")
"""Tests of the suite with golden and hostile records, which run under the sanitizers too."""
_FEW_FREED = "quarantine_size_mb=16"
HANG_S = 20.0
"""An input that takes so long is a failure too."""
TARGETS = (
    "answers",
    "records",
    "json_bodies",
    "header_names",
    "fixed_texts",
    "decoded_records",
    "payload_formats",
    "masked_values",
    "payload_texts",
)


def fuzz(targets: Sequence[str], seconds: float, seed: int, build: sanitized.Sanitized, *, keep: bool) -> bool:
    """Run targets, each for some seconds, in a process of their own; whether all came to their end."""
    for folder in (FOLDER / "failed", *(FOLDER / "kept" / target for target in targets)):
        folder.mkdir(parents=True, exist_ok=True)
    state = FOLDER / f"state-{os.getpid()}"
    state.write_bytes(bytes(STATE_BYTES))
    paths = [str(state), str(build.coverage), str(FOLDER / "kept") if keep else ""]
    command = [sys.executable, str(HERE / "child.py"), ",".join(targets), str(seconds), str(seed), *paths]
    log = state.with_suffix(".log")
    with log.open("wb") as said:
        process = subprocess.Popen(command, env=build.environment, stdout=said, stderr=said)
        ended = _ends(process, state)
    memory, text = state.read_bytes(), log.read_text(errors="replace")
    state.unlink()
    log.unlink()
    print(text[-_SAID:], flush=True)  # noqa: T201 - a command
    if process.returncode == 0:
        return True
    if memory[:8] == bytes(8):
        print("FAILED to start")  # noqa: T201 - a command
        return False
    count, size = (int.from_bytes(memory[at : at + 8], "little") for at in (0, 8))
    failed = FOLDER / "failed" / f"{memory[16:48].decode().strip()}-{seed}-{count}"
    failed.write_bytes(memory[48 : 48 + size])
    print(f"FAILED on {failed}{'' if ended else f': no end after {HANG_S} s'}")  # noqa: T201 - a command
    return False


def _ends(process: subprocess.Popen[bytes], state: Path) -> bool:
    """Wait for the end; a process that stays at one input is ended."""
    last, since = b"", time.monotonic()
    while process.poll() is None:
        time.sleep(0.1)
        with state.open("rb") as file:
            now = file.read(8)
        if now != last:
            last, since = now, time.monotonic()
        elif time.monotonic() - since > HANG_S + (60 if now == bytes(8) else 0):
            process.kill()
            process.wait()
            return False
    return True


def run_suite(build: sanitized.Sanitized) -> int:
    """Run tests of the suite on the sanitized modules; 0 where all passed."""
    where = [str(sanitized.ROOT / "tests" / "unit" / name) for name in SUITE]
    options = ["-q", "-x", "-p", "no:xdist", "-p", "no:cacheprovider", "-o", "timeout=900"]
    command = [sys.executable, "-m", "pytest", *options, *where]
    # Tests that measure memory count what the sanitizer keeps of freed memory, which is 256 MB unless it is told.
    environment = {**build.environment, "ASAN_OPTIONS": f"{build.environment['ASAN_OPTIONS']}:{_FEW_FREED}"}
    return subprocess.run(command, env=environment, cwd=sanitized.ROOT, check=False).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="for each target")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the mutations")
    parser.add_argument("--target", choices=TARGETS, action="append", help="only this one")
    parser.add_argument("--build", choices=sanitized.BUILDS, default="whole")
    parser.add_argument("--suite", action="store_true", help="run the tests of hostile records too")
    parser.add_argument("--forget", action="store_true", help="begin with the seeds alone, and keep nothing")
    options = parser.parse_args()
    if lacking := sanitized.missing():
        print(f"{lacking} is missing")  # noqa: T201 - a command
        return 1
    build = sanitized.build(options.build)
    wanted = options.target or TARGETS
    # Each process takes some seconds to start: a short run has one for all.
    runs = [wanted] if options.forget else [[target] for target in wanted]
    good = [fuzz(targets, options.seconds, options.seed, build, keep=not options.forget) for targets in runs]
    if options.suite:
        good.append(run_suite(build) == 0)
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
