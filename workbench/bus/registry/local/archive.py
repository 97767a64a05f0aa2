"""The program of the local registry: Maven fetches its archive once, and its sha256 digest is checked."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
import tempfile
from pathlib import Path

from workbench.bus.kafka.local.locks import exclusive
from workbench.bus.kafka.local.maven import run_maven
from workbench.errors import ConfigurationError

VERSION = "3.3.3"
SHA256 = "8bc6751c76d963734224b01d5e7f84ccb3cb61c87d3bd77c36c35f10a5cbed63"
"""Of the archive that Maven Central has."""
PROGRAM = "quarkus-run.jar"
_ARTIFACT = f"io.apicurio:apicurio-registry-app:{VERSION}:tar.gz:all"
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
_DOWNLOAD_S = 1_800.0


def folder(cache: Path) -> Path:
    """Return where exactly this archive is kept, unpacked."""
    return cache / "registry" / f"{VERSION}-{SHA256[:8]}"


def ensure(cache: Path) -> Path:
    """Return the folder of the program, fetching and unpacking it first where it is missing.

    Raises:
        ConfigurationError: Maven is missing or failed, or the archive is not the one pinned.
    """
    target = folder(cache)
    if (target / PROGRAM).is_file():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with exclusive(target.parent / "lock"):
        if (target / PROGRAM).is_file():
            return target
        work = Path(tempfile.mkdtemp(prefix="fetch-", dir=target.parent))
        try:
            unpacked = _unpacked(_download(work), work / "unpacked")
            if target.exists():
                shutil.rmtree(target)
            unpacked.replace(target)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return target


def _unpacked(archive: Path, target: Path) -> Path:
    with archive.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != SHA256:
            raise ConfigurationError(
                f"The archive of the registry that Maven fetched ({archive.name}) has another sha256 than the one "
                "pinned. Check the repository that your Maven settings name; nothing was installed."
            )
    with tarfile.open(archive) as packed:
        # Python has the argument `filter` from 3.11.4 on; the content is the one pinned, so this is a second fence.
        packed.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
        packed.extractall(target)  # noqa: S202 - as above
    return target


def _download(work: Path) -> Path:
    run_maven(
        [_COPY, f"-Dartifact={_ARTIFACT}", f"-DoutputDirectory={work}"],
        work,
        what="the registry",
        without="The local registry is fetched once through Maven (160 MB), and mvn is not on the path. Install it "
        "(apt-get install maven), or name a registry that runs: --schema-registry http://host:8081.",
        timeout_s=_DOWNLOAD_S,
    )
    found = next(work.glob("*.tar.gz"), None)
    if found is None:
        raise ConfigurationError(f"Maven has fetched no archive of the registry {VERSION}. Check its settings.")
    return found
