"""Checks what this package needs on a machine, and gives advice where something is missing or wrong."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Literal, TypeAlias

from packaging.requirements import Requirement

from workbench.buffers.slices import is_optimised
from workbench.bus.kafka.local import jars
from workbench.bus.kafka.local.java import find_java
from workbench.bus.profiles import log_of
from workbench.config import cache_folder, find_file, resolve
from workbench.errors import BrokerUnavailableError, WorkbenchError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from workbench.config import Profile

DISTRIBUTION = "eventbus-workbench"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_OLDEST_PYTHON = (3, 11)

State: TypeAlias = Literal["ok", "missing", "wrong"]


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check."""

    name: str
    state: State
    found: str
    needed: bool = True
    """Whether the package does not work without it; otherwise a single feature needs it."""
    advice: str = ""
    """Tells how to correct it; empty if ``state`` is ok."""


def examine(address: str | None = None, environ: Mapping[str, str] | None = None) -> list[Check]:
    """Check Python, packages, compiled modules, Java, Kafka jars, browser, kcat, and the broker if one is given.

    Args:
        address: Address or profile of the broker; by default from the environment or the settings file.
        environ: Environment variables; by default those of this process.
    """
    environ = os.environ if environ is None else environ
    checks = [_python(), *_packages(), _compiled(), _java(environ), _jars(environ), _browser(environ), _kcat(environ)]
    return [*checks, _broker(address, environ)]


def _python() -> Check:
    found = platform.python_version()
    if sys.version_info >= _OLDEST_PYTHON:
        return Check("python", "ok", found)
    return Check("python", "wrong", found, advice="Install Python 3.11 or newer.")


def _packages() -> Iterator[Check]:
    """Each requirement of the installed distribution against what is installed; extras only where they are."""
    for text in metadata.requires(DISTRIBUTION) or []:
        requirement = Requirement(text)
        extra = requirement.marker is not None and "extra" in str(requirement.marker)
        if requirement.marker is not None and not extra and not requirement.marker.evaluate():
            continue
        try:
            found = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            if not extra:
                yield Check(requirement.name, "missing", "", advice=f"pip install '{_pin(requirement)}'")
            continue
        if requirement.specifier.contains(found, prereleases=True):
            yield Check(requirement.name, "ok", found, needed=not extra)
        else:
            advice = f"pip install '{_pin(requirement)}'"
            yield Check(requirement.name, "wrong", found, needed=not extra, advice=advice)


def _pin(requirement: Requirement) -> str:
    return f"{requirement.name}{requirement.specifier}"


def _compiled() -> Check:
    if is_optimised():
        return Check("compiled modules", "ok", "optimised")
    advice = "They decode several times slower than they could. Install anew without CFLAGS, or with -O3 in CFLAGS."
    return Check("compiled modules", "wrong", "compiled without optimisation", needed=False, advice=advice)


def _java(environ: Mapping[str, str]) -> Check:
    try:
        java = find_java(environ)
    except WorkbenchError as error:
        return Check("java", "missing", "", needed=False, advice=str(error))
    return Check("java", "ok", f"{java.path}: {java.version}", needed=False)


def _jars(environ: Mapping[str, str]) -> Check:
    folder = jars.folder(cache_folder(environ))
    if folder.is_dir() and not jars.faults(folder, jars.pinned()):
        return Check("kafka jars", "ok", f"{jars.VERSION} in {folder}", needed=False)
    maven = shutil.which("mvn", path=environ.get("PATH"))
    if maven is None:
        advice = "The packaged Kafka fetches its jars once through Maven: apt-get install maven"
        return Check("kafka jars", "missing", "not fetched, and no mvn", needed=False, advice=advice)
    return Check("kafka jars", "ok", f"not fetched yet; {maven} will, at the first: workbench kafka up", needed=False)


def _browser(environ: Mapping[str, str]) -> Check:
    named = environ.get("BROWSER_PATH")
    path = environ.get("PATH")
    found = named or next((one for name in BROWSERS if (one := shutil.which(name, path=path))), None)
    if found and shutil.which(found, path=path):
        return Check("browser", "ok", found, needed=False)
    advice = "Widget tests and picture export need one: apt-get install chromium, or name it in BROWSER_PATH"
    return Check("browser", "missing", found or "", needed=False, advice=advice)


def _kcat(environ: Mapping[str, str]) -> Check:
    found = shutil.which("kcat", path=environ.get("PATH"))
    if found:
        return Check("kcat", "ok", found, needed=False)
    return Check("kcat", "missing", "", needed=False, advice="Tests compare with it: apt-get install kcat")


def _broker(address: str | None, environ: Mapping[str, str]) -> Check:
    named = address or environ.get("WORKBENCH_ADDRESS") or environ.get("WORKBENCH_PROFILE")
    try:
        profile = resolve(address, environ)
    except WorkbenchError as error:
        if named is None and find_file(environ) is None:
            advice = "Name one with -b or WORKBENCH_ADDRESS, or start one: workbench kafka up"
            return Check("broker", "missing", "none named", needed=False, advice=advice)
        return Check("broker", "wrong", named if named and "@" not in named else "", advice=str(error))
    if profile.address.scheme == "memory":
        return Check("broker", "ok", f"{profile.address}: embedded, nothing to reach")
    return _signed_in(profile)


def _signed_in(profile: Profile) -> Check:
    """Connect to a broker with the settings of the profile, as `connect` does, and close the connection again."""
    # A thread of its own: the doctor may be asked inside a notebook, whose event loop runs already.
    with ThreadPoolExecutor(1, "doctor") as thread:
        try:
            cluster_id = thread.submit(asyncio.run, _cluster_id(profile)).result()
        except BrokerUnavailableError as error:
            return Check("broker", "missing", profile.label, advice=f"{error} Or: workbench kafka status")
        except WorkbenchError as error:
            return Check("broker", "wrong", profile.label, advice=str(error))
    how = "over TLS, " if profile.security_protocol.endswith("SSL") else ""
    who = f"signed in by {profile.sasl_mechanism}, " if profile.sasl_mechanism else ""
    return Check("broker", "ok", f"{profile.label}: serves, {how}{who}cluster {cluster_id}")


async def _cluster_id(profile: Profile) -> str:
    async with log_of(profile) as log:
        return log.cluster_id
