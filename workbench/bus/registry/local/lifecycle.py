"""Starts and stops local registries, and reports their state."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from workbench.bus.kafka.local import launch
from workbench.bus.kafka.local.java import find_java
from workbench.bus.kafka.local.locks import exclusive
from workbench.bus.kafka.local.ports import check_port, free_port
from workbench.bus.registry.local import archive, state
from workbench.bus.registry.local.state import HOST, LocalRegistry
from workbench.config.folders import cache_folder
from workbench.errors import BrokerUnavailableError, ConfigurationError
from workbench.text import duration_text

if TYPE_CHECKING:
    import psutil

DEFAULT_PORT = 28081
JAVA = 21
_STOP_S = 30.0
_ASK_S = 5.0
_POLL_S = 0.2
_QUICK_START = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx384m", "-XX:+ExitOnOutOfMemoryError")

State: TypeAlias = Literal["serving", "silent", "gone"]


@dataclass(frozen=True, slots=True)
class RegistryStatus:
    """A local registry and its state at the call: ``serving``, ``silent`` (does not answer) or ``gone``."""

    registry: LocalRegistry
    state: State


def up(
    port: int = DEFAULT_PORT, *, data: Path | str | None = None, timeout_s: float = 120.0, cache: Path | None = None
) -> LocalRegistry:
    """Start a registry on loopback and wait until it answers; one that already serves is returned.

    Args:
        port: Of its HTTP interface; 0 means any free one.
        data: Folder of its schemas, kept between runs; by default one for each port in the cache.
        timeout_s: How long it may take to answer, after its program is there.
        cache: Where program and state are kept; by default the user's cache folder.

    Raises:
        ConfigurationError: No Java 21 or Maven, a port or data folder that cannot be used.
        BrokerUnavailableError: It did not come up; the message names its log.
    """
    check_port(port)
    cache = cache_folder() if cache is None else cache
    java = find_java(minimum=JAVA, what="The local registry")
    program = archive.ensure(cache) / archive.PROGRAM
    port = port or free_port()
    folder = cache / "registry" / "data" / str(port) if data is None else Path(data).expanduser().absolute()
    with exclusive(state.states(cache) / f"{port}.lock"):
        if (running := _running(cache, port, folder)) is not None:
            return running
        known = _remembered(cache, port) is not None
        launch.refuse_port_in_use(port, "workbench registry up", may_be_released=known)
        new = _prepare(folder)
        registry = LocalRegistry(port, 0, folder, archive.VERSION)
        log_from = registry.log.stat().st_size if registry.log.exists() else 0
        process = launch.detached([str(java.path), *_options(registry), "-jar", str(program)], registry.log)
        registry = replace(registry, pid=process.pid)
        try:
            state.remember(cache, registry)
            _await(process, registry, log_from, timeout_s, new=new)
        except BaseException:
            launch.stop(process, _STOP_S)
            state.forget(cache, port)
            raise
        return registry


def down(port: int = DEFAULT_PORT, *, cache: Path | None = None) -> LocalRegistry | None:
    """Stop the registry of a port, by force after 30 s; its data stays. Returns None when none ran."""
    cache = cache_folder() if cache is None else cache
    with exclusive(state.states(cache) / f"{port}.lock"):
        registry = _remembered(cache, port)
        process = None if registry is None else registry.process()
        if process is not None:
            launch.stop(process, _STOP_S)
        state.forget(cache, port)
    return None if process is None else registry


def status(*, cache: Path | None = None) -> list[RegistryStatus]:
    """Return every local registry that was started here and its state, by port."""
    found = state.known(cache_folder() if cache is None else cache)
    return [RegistryStatus(one, _state(one)) for one in found]


def _state(registry: LocalRegistry) -> State:
    if registry.process() is None:
        return "gone"
    return "serving" if _answers(registry) else "silent"


def _remembered(cache: Path, port: int) -> LocalRegistry | None:
    return next((one for one in state.known(cache) if one.port == port), None)


def _running(cache: Path, port: int, data: Path) -> LocalRegistry | None:
    """Return the registry that already serves here; end one that no longer answers."""
    registry = _remembered(cache, port)
    process = None if registry is None else registry.process()
    if registry is None or process is None:
        return None
    if not _answers(registry):
        launch.stop(process, _STOP_S)
        return None
    if registry.data != data:
        raise ConfigurationError(
            f"The registry on port {port} keeps its data in {registry.data}, not in {data}. "
            f"End it first: workbench registry down --port {port}"
        )
    return registry


def _prepare(folder: Path) -> bool:
    """Make the data folder; return whether it is new."""
    if ";" in str(folder):
        raise ConfigurationError(f"The data folder {folder} cannot be used: its database takes ';' for a separator.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"The data folder {folder} cannot be used: {error.strerror}.") from error
    return not any(folder.glob("schemas*"))


def _options(registry: LocalRegistry) -> list[str]:
    settings = {
        "workbench.registry.data": registry.data,
        "quarkus.http.host": HOST,
        "quarkus.http.port": registry.port,
        # Its second interface would be open to the network.
        "quarkus.management.host": HOST,
        "quarkus.management.port": 0,
        "apicurio.datasource.url": f"jdbc:h2:file:{registry.data}/schemas",
    }
    return [*_QUICK_START, *(f"-D{name}={value}" for name, value in settings.items())]


def _await(process: psutil.Process, registry: LocalRegistry, log_from: int, timeout_s: float, *, new: bool) -> None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if launch.ended(process):
            raise BrokerUnavailableError(
                f"The registry ended while starting. Its log: {registry.log}\n{launch.tail(registry.log, log_from)}"
            )
        if _answers(registry):
            if new:
                _begin_as_others(registry)
            return
        time.sleep(_POLL_S)
    raise BrokerUnavailableError(
        f"The registry did not answer at {registry.url} within {duration_text(timeout_s, 's')}. "
        f"Its log: {registry.log}\n{launch.tail(registry.log, log_from)}"
    )


def _answers(registry: LocalRegistry) -> bool:
    import httpx

    try:
        return httpx.get(f"{registry.url}/subjects", timeout=_ASK_S, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _begin_as_others(registry: LocalRegistry) -> None:
    """Set the compatibility that Confluent's and Redpanda's registries begin with; this one begins with none."""
    import httpx

    httpx.put(
        f"{registry.url}/config", json={"compatibility": "BACKWARD"}, timeout=_ASK_S, trust_env=False
    ).raise_for_status()
