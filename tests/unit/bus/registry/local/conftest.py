"""A Java that is none: it answers as version 21, and serves the strict registry at the port that it is given."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from workbench.bus.registry.local import archive, down, status

SUPPORT = Path(__file__).parents[4] / "support"
JAVA = f"""#!/bin/sh
if [ "$1" = -version ]; then echo 'openjdk version "21.0.1"' >&2; exit 0; fi
exec {sys.executable} -c '
import sys, threading
sys.path.insert(0, "{SUPPORT}")
import registry_server
if {{fails!r}}:
    print("java.lang.Error: ERROR of a test")
    sys.exit(1)
given = dict(one[2:].split("=", 1) for one in sys.argv if one.startswith("-D"))
registry_server._Handler._answer_here = registry_server._Handler._answer
def answer(self, body):
    self.path = self.path.removeprefix("/apis/ccompat/v7")
    return self._answer_here(body)
registry_server._Handler._answer = answer
with registry_server.serving(port=int(given["quarkus.http.port"])):
    threading.Event().wait()
' "$@"
"""


@pytest.fixture
def java(tmp_path, monkeypatch):
    """Put it where Java is looked for; ``java(fails=True)`` ends at once."""
    monkeypatch.setattr(archive, "ensure", lambda _: tmp_path)

    def install(*, fails: bool = False):
        program = tmp_path / "java" / "bin" / "java"
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(JAVA.replace("{fails!r}", repr(fails)))
        program.chmod(0o755)
        monkeypatch.setenv("JAVA_HOME", str(tmp_path / "java"))

    install()
    return install


@pytest.fixture
def cache(tmp_path):
    yield tmp_path / "cache"
    for one in status(cache=tmp_path / "cache"):
        down(one.registry.port, cache=tmp_path / "cache")
