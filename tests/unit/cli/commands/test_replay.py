"""How commands are printed that a user may copy."""

from __future__ import annotations

import shlex
import subprocess

import pytest

from workbench.cli.commands.replay import _quoted


@pytest.mark.parametrize("word", ["a b", "topic = 'x'", "topic = 'x' and \"offset\" < 3", "it's $HOME", "a\\'b", "!'"])
def test_a_printed_word_is_what_was_typed(word):
    typed = _quoted(word)
    assert shlex.split(typed) == [word]
    assert subprocess.run(["sh", "-c", f"printf %s {typed}"], capture_output=True, check=True).stdout.decode() == word
    assert "'\"'\"'" not in typed or set("$\\!") & set(word)
