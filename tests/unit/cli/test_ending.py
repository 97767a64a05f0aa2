"""A command ends without taking the interpreter apart, and loses nothing by it."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAD = "import atexit, sys, threading, time\nfrom workbench.cli.ending import end_at_once\n"


def run(code):
    # Without PYTHONUNBUFFERED of the caller: what is printed is kept until the end.
    command = [sys.executable, "-c", HEAD + code]
    return subprocess.run(command, capture_output=True, check=False, text=True, timeout=60, env={})


def test_output_and_what_is_registered_come_before_the_end():
    code = (
        "atexit.register(lambda: print('registered', file=sys.stderr))\n"
        "print('output')\n"
        "end_at_once(3)\n"
        "print('too late')\n"
    )
    done = run(code)
    assert (done.returncode, done.stdout, done.stderr) == (3, "output\n", "registered\n")


@pytest.mark.parametrize(
    "left",
    [
        "threading.Thread(target=lambda: (threading.main_thread().join(), print('thread'))).start()",
        "sys.setprofile(lambda *_: None)",
        "sys.settrace(lambda *_: None)",
    ],
)
def test_what_the_usual_end_waits_for_is_left_to_it(left):
    done = run(f"{left}\nend_at_once(3)\nprint('usual end')\nsys.exit(4)")
    assert (done.returncode, done.stdout.splitlines()[0]) == (4, "usual end")


@pytest.mark.parametrize("code", ["'a text'", "None"])
def test_a_code_that_is_no_number_is_left_to_python(code):
    assert run(f"end_at_once({code})\nprint('usual end')").stdout == "usual end\n"


def test_output_that_nobody_takes_is_told_as_usual():
    done = run(
        "import os\nreading, writing = os.pipe()\nos.close(reading)\nos.dup2(writing, 1)\nprint('x')\nend_at_once(0)"
    )
    assert done.returncode == 120
    assert "BrokenPipeError" in done.stderr


def test_without_standard_streams():
    closed = f'"{sys.executable}" -c "$0" >&- 2>&-'
    done = subprocess.run(["/bin/sh", "-c", closed, HEAD + "end_at_once(5)"], timeout=60, check=False)
    assert done.returncode == 5
