"""The program of the local registry comes through Maven once, and only with the digest that is pinned."""

from __future__ import annotations

import hashlib
import io
import tarfile

import pytest

from workbench.bus.registry.local import archive
from workbench.errors import ConfigurationError


@pytest.fixture
def packed(tmp_path):
    path = tmp_path / "made.tar.gz"
    with tarfile.open(path, "w:gz") as file:
        info = tarfile.TarInfo(archive.PROGRAM)
        info.size = 4
        file.addfile(info, io.BytesIO(b"java"))
    return path


@pytest.fixture
def maven(tmp_path, monkeypatch):
    def install(script):
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        program = folder / "mvn"
        program.write_text(f"#!/bin/sh\necho run >> {tmp_path}/runs\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    return install


def test_it_is_fetched_once(tmp_path, packed, maven, monkeypatch):
    monkeypatch.setattr(archive, "SHA256", hashlib.sha256(packed.read_bytes()).hexdigest())
    maven(f'for one in "$@"; do case $one in -DoutputDirectory=*) cp {packed} "${{one#*=}}/a.tar.gz";; esac; done')
    for _ in range(2):
        folder = archive.ensure(tmp_path / "cache")
        assert (folder / archive.PROGRAM).read_bytes() == b"java"
    assert (tmp_path / "runs").read_text() == "run\n"
    assert [path.name for path in folder.parent.iterdir() if path.name.startswith("fetch-")] == []


def test_another_digest_installs_nothing(tmp_path, packed, maven):
    maven(f'for one in "$@"; do case $one in -DoutputDirectory=*) cp {packed} "${{one#*=}}/a.tar.gz";; esac; done')
    with pytest.raises(ConfigurationError, match="another sha256"):
        archive.ensure(tmp_path / "cache")
    assert not archive.folder(tmp_path / "cache").exists()


def test_what_maven_says_is_shown(tmp_path, maven):
    maven("echo '[ERROR] no network'; exit 1")
    with pytest.raises(ConfigurationError, match="no network"):
        archive.ensure(tmp_path / "cache")


def test_without_maven_it_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match="apt-get install maven"):
        archive.ensure(tmp_path / "cache")
