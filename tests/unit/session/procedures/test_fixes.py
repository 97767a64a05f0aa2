"""Fixes that a command line names are read from their files, or the error says what is wrong with them."""

from __future__ import annotations

import pytest

from workbench.errors import ConfigurationError
from workbench.session.procedures.fixes import load_fix


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1", "has no function fix"),
        ("raise ValueError('no')", "cannot be run: ValueError: no"),
        ("def", "SyntaxErr"),
    ],
)
def test_a_file_without_a_fix_is_an_error(tmp_path, text, message):
    path = tmp_path / "fix.py"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=message):
        load_fix(path)


NO_PATCHES = ("[", "{}", '[{"op": "paint", "path": "/a"}]', '[{"op": "add", "path": "a", "value": 1}]', "\xff")


@pytest.mark.parametrize("text", NO_PATCHES)
def test_a_file_without_a_patch_is_an_error(tmp_path, text):
    path = tmp_path / "fix.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigurationError, match=r"fix\.json|JSON patch"):
        load_fix(path)


@pytest.mark.parametrize("name", ["none.py", "none.json"])
def test_a_file_that_is_not_there_is_named(tmp_path, name):
    with pytest.raises(ConfigurationError, match=f"There is no file .*{name} with a fix"):
        load_fix(tmp_path / name)
