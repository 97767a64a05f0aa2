"""Functions that a command line names are loaded from their files, or the error says what is wrong with them."""

from __future__ import annotations

import pytest

from workbench.errors import ConfigurationError
from workbench.session.procedures.functions import load_function

FORM = "fold(state, event) that returns the new state"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fold = 1", r"has no function fold\(state, event\) that returns the new state\.$"),
        ("raise ValueError('no')", "cannot be run: ValueError: no"),
        ("def", "cannot be run: SyntaxError"),
        (None, "There is no file .* with a fold"),
    ],
)
def test_a_file_without_the_function_is_an_error(tmp_path, text, message):
    path = tmp_path / "fold.py"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigurationError, match=message):
        load_function(path, "fold", FORM)


def test_the_function_is_returned(tmp_path):
    path = tmp_path / "fold.py"
    path.write_text("STEP = 2\ndef fold(state, event):\n    return (state or 0) + STEP\n")
    assert load_function(path, "fold", FORM)(3, None) == 5
