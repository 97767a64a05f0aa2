"""A short run of the fuzzers under sanitizers: every golden and hostile record, what failed once, and some mutations.

`make fuzz` runs them for longer, with more checks.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SECONDS = 1.0
"""For the mutations of each target; the time to compile the modules and to run all seeds comes on top."""


@pytest.mark.timeout(600)
def test_compiled_modules_survive_hostile_bytes_under_sanitizers():
    if shutil.which("gcc") is None:
        if os.environ.get("CI"):
            pytest.fail("gcc is missing, and CI is set")
        pytest.skip("needs gcc with its sanitizers: apt-get install gcc libc6-dev")
    command = [sys.executable, str(HERE / "run.py"), "--build", "quick", "--forget", "--seconds", str(SECONDS)]
    done = subprocess.run([*command, "--seed", "1"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert done.stdout.count("reached new code") == 9
