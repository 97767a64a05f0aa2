"""The console blocks of README and docs run as typed, against a real Kafka, in a folder of their own."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from project_docs import ROOT, blocks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WORKBENCH = [sys.executable, "-m", "workbench"]
PORT = "29092"
"""The port that the pages name; the tests take a free one."""
CONSOLE = blocks("console")


def commands(text: str) -> list[list[str]]:
    """Words of each line, without comments."""
    return [words for line in text.splitlines() if (words := shlex.split(line, comments=True))]


def make_blocks() -> list[list[str]]:
    return [words for block in CONSOLE for words in commands(block.text) if words[0] == "make"]


class Shell:
    """Runs the lines of one block; a line that ends in ``&`` goes on in the background."""

    def __init__(self, folder: Path, environment: dict[str, str], port: str) -> None:
        self.folder, self.environment, self.port = folder, environment, port
        self.background: list[subprocess.Popen[str]] = []

    def run(self, words: list[str]) -> None:
        words = [word.replace(PORT, self.port) for word in words]
        match words:
            case ["export", assignment]:
                name, _, value = assignment.partition("=")
                self.environment[name] = value
            case ["kill", "%1"]:
                self.interrupt(self.background.pop(0))
            case ["workbench", *rest, "&"]:
                self.start(rest)
            case ["workbench", "kafka", "up", *rest]:
                self.call(["kafka", "up", *rest, "--data", str(self.folder / "data")])
            case ["workbench", *rest]:
                self.call(rest)
            case _:
                pytest.fail(f"no page may say this without a test that runs it: {shlex.join(words)}")

    def call(self, words: list[str]) -> None:
        done = subprocess.run(
            [*WORKBENCH, *words], cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=120,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{shlex.join(words)}: {done.stdout}{done.stderr}"

    def start(self, words: list[str]) -> None:
        """Start a command and wait for the first line that it prints, as the page says."""
        process = subprocess.Popen(
            [*WORKBENCH, *words], cwd=self.folder, env=self.environment, stderr=subprocess.PIPE, text=True
        )
        self.background.append(process)
        assert process.stderr is not None
        assert "Feeding" in process.stderr.readline()

    def interrupt(self, process: subprocess.Popen[str]) -> None:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)

    def close(self) -> None:
        for process in self.background:
            process.kill()
            process.communicate(timeout=60)
        subprocess.run(
            [*WORKBENCH, "kafka", "down", "--port", self.port], env=self.environment, check=False, timeout=60
        )


@pytest.fixture
def shell(packaged_kafka: None, tmp_path: Path) -> Iterator[Shell]:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = str(sock.getsockname()[1])
    made = Shell(tmp_path, dict(os.environ), port)
    try:
        yield made
    finally:
        made.close()


def with_workbench(block: object) -> bool:
    return any(words[0] != "make" for words in commands(block.text))


@pytest.mark.broker
@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("block", [block for block in CONSOLE if with_workbench(block)], ids=str)
def test_console_blocks_run_as_typed(block, shell):
    for words in commands(block.text):
        shell.run(words)


@pytest.mark.parametrize("words", make_blocks(), ids=" ".join)
def test_the_make_targets_of_the_pages_exist(words):
    done = subprocess.run(["make", "-n", "-C", ROOT, *words[1:]], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_make_targets_named_in_the_text_exist():
    makefile = (ROOT / "Makefile").read_text()
    for page in (ROOT / "README.md", *ROOT.joinpath("docs").rglob("*.md")):
        for target in re.findall(r"`make ([a-z]+)`", page.read_text()):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{page.name} names make {target}"
