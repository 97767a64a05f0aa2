"""The pinned jars of the packaged broker."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from workbench.bus.kafka.local import jars
from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path


class TestJars:
    @pytest.fixture
    def small(self, tmp_path, monkeypatch):
        content = b"a jar"
        monkeypatch.setattr(jars, "pinned", lambda: {"a.jar": hashlib.sha256(content).hexdigest()})
        folder = jars.folder(tmp_path)
        return tmp_path, folder, content

    def test_a_folder_as_pinned_is_used_without_maven(self, small, monkeypatch):
        cache, folder, content = small
        folder.mkdir(parents=True)
        (folder / "a.jar").write_bytes(content)
        monkeypatch.setenv("PATH", "")
        assert jars.ensure(cache) == folder

    def test_a_damaged_jar_is_fetched_again(self, small, monkeypatch):
        cache, folder, content = small
        folder.mkdir(parents=True)
        (folder / "a.jar").write_bytes(b"damaged")

        def download(work: Path) -> Path:
            (work / "jars").mkdir()
            (work / "jars" / "a.jar").write_bytes(content)
            return work / "jars"

        monkeypatch.setattr(jars, "_download", download)
        assert jars.ensure(cache) == folder
        assert (folder / "a.jar").read_bytes() == content
        assert sorted(path.name for path in folder.parent.iterdir()) == ["jars", "lock"]

    def test_another_jar_than_the_pinned_one_is_refused(self, small, monkeypatch):
        cache, folder, _ = small

        def download(work: Path) -> Path:
            (work / "jars").mkdir()
            (work / "jars" / "a.jar").write_bytes(b"evil")
            (work / "jars" / "b.jar").write_bytes(b"more")
            return work / "jars"

        monkeypatch.setattr(jars, "_download", download)
        with pytest.raises(ConfigurationError, match=r"b\.jar is not on the list; a\.jar has another sha256"):
            jars.ensure(cache)
        assert not folder.exists()
        assert [path.name for path in folder.parent.iterdir()] == ["lock"]

    def test_without_maven_it_says_how_to_get_it(self, small, monkeypatch):
        monkeypatch.setenv("PATH", "")
        with pytest.raises(ConfigurationError, match="apt-get install maven"):
            jars.ensure(small[0])

    def test_what_maven_complains_of_is_passed_on(self, small, tmp_path, monkeypatch):
        maven = tmp_path / "bin" / "mvn"
        maven.parent.mkdir()
        maven.write_text("#!/bin/sh\necho '[ERROR] no route to the repository'\nexit 1\n")
        maven.chmod(0o755)
        monkeypatch.setenv("PATH", str(maven.parent))
        with pytest.raises(ConfigurationError, match="no route to the repository"):
            jars.ensure(small[0])
