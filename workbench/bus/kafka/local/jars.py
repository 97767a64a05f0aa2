"""The broker's jars: Maven fetches them once from a pinned list, and their sha256 digests are checked."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.bus.kafka.local.locks import exclusive
from workbench.bus.kafka.local.maven import run_maven
from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = "4.4.0"
_DOWNLOAD_S = 900.0
_SHOWN_LINES = 5


def pinned() -> dict[str, str]:
    """Return the sha256 of each jar by its file name, as shipped with this package."""
    text = resources.files("workbench.bus.kafka.local").joinpath("jars.sha256").read_text()
    pairs = (line.split() for line in text.splitlines())
    return {name: digest for digest, name in pairs}


def folder(cache: Path) -> Path:
    """Return where the jars of exactly this list are kept."""
    listing = "\n".join(f"{digest} {name}" for name, digest in sorted(pinned().items()))
    return cache / "kafka" / f"{VERSION}-{hashlib.sha256(listing.encode()).hexdigest()[:8]}" / "jars"


def faults(jars: Path, expected: Mapping[str, str]) -> list[str]:
    """Return what is wrong with a folder of jars, one line each; nothing when it is as pinned."""
    present = {path.name for path in jars.glob("*.jar")}
    found = [f"{name} is not on the list" for name in sorted(present - set(expected))]
    for name, digest in sorted(expected.items()):
        if name not in present:
            found.append(f"{name} is missing")
            continue
        with (jars / name).open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                found.append(f"{name} has another sha256 than the one pinned")
    return found


def ensure(cache: Path) -> Path:
    """Return the folder of checked jars, fetching it first where it is missing or damaged.

    Raises:
        ConfigurationError: Maven is missing or failed, or a jar is not the one pinned.
    """
    jars, expected = folder(cache), pinned()
    if jars.is_dir() and not faults(jars, expected):
        return jars
    jars.parent.mkdir(parents=True, exist_ok=True)
    with exclusive(jars.parent / "lock"):
        if jars.is_dir() and not faults(jars, expected):
            return jars
        work = Path(tempfile.mkdtemp(prefix="fetch-", dir=jars.parent))
        try:
            fetched = _download(work)
            if wrong := faults(fetched, expected):
                raise ConfigurationError(
                    f"The Kafka jars that Maven fetched are not the ones pinned: {'; '.join(wrong[:_SHOWN_LINES])}. "
                    f"Check the repository that your Maven settings name; nothing was installed."
                )
            if jars.is_dir():
                shutil.rmtree(jars)
            fetched.replace(jars)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return jars


def _download(work: Path) -> Path:
    pom = work / "pom.xml"
    pom.write_text(resources.files("workbench.bus.kafka.local").joinpath("pom.xml").read_text())
    target = work / "jars"
    run_maven(
        ["-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={target}", "-DincludeScope=runtime"],
        work,
        what="the Kafka jars",
        without="The packaged Kafka fetches its jars once through Maven, and mvn is not on the path. "
        "Install it (apt-get install maven), or name a running broker in WORKBENCH_KAFKA.",
        timeout_s=_DOWNLOAD_S,
    )
    return target
