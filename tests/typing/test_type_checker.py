"""What a user's type checker says about code against the contract."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def errors(name: str, cache: Path) -> dict[int, str]:
    """Lines at which mypy finds errors, and what it says."""
    command = [sys.executable, "-m", "mypy", "--no-error-summary", "--show-error-codes", "--cache-dir", str(cache)]
    run = subprocess.run(
        [*command, str(HERE / name)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=380
    )
    assert run.returncode in {0, 1}, run.stderr
    found = {}
    for line in run.stdout.splitlines():
        path, _, rest = line.partition(":")
        number, _, message = rest.partition(":")
        if message.strip().startswith("error"):
            assert Path(path).name == name, line
            found[int(number)] = message.strip()
    return found


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    shared = ROOT / ".mypy_cache"
    return shared if shared.is_dir() else tmp_path_factory.mktemp("mypy")


@pytest.mark.promise("SF-4", "TY-11")
def test_the_public_types_are_what_the_document_says(cache):
    assert errors("contract_types.py", cache) == {}


@pytest.mark.promise("TY-11", "SF-1")
def test_mistakes_are_found_before_anything_runs(cache):
    name = "contract_mistakes.py"
    lines = (HERE / name).read_text().splitlines()
    marked = {number for number, line in enumerate(lines, 1) if line.endswith("# error")}
    found = errors(name, cache)
    assert set(found) == marked
    misspelt = next(number for number, line in enumerate(lines, 1) if "creatd" in line)
    assert "assignment" in found[misspelt]
