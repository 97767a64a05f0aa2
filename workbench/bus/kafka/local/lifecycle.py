"""Starts and stops packaged brokers, and reports their state."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from workbench.bus.kafka.local import jars as pinned_jars
from workbench.bus.kafka.local import launch, probe, state
from workbench.bus.kafka.local.java import find_java
from workbench.bus.kafka.local.locks import exclusive
from workbench.bus.kafka.local.options import HOST, BrokerOptions, server_properties
from workbench.bus.kafka.local.ports import check_port, free_port, is_free
from workbench.bus.kafka.local.state import LocalBroker
from workbench.config.folders import cache_folder
from workbench.errors import BrokerUnavailableError, ConfigurationError

if TYPE_CHECKING:
    import psutil

    from workbench.bus.kafka.local.java import Java

DEFAULT_PORT = 29092
_STOP_S = 30.0
_ALIVE_S = 5.0
_ATTEMPTS = 3
_LOGS = "kafka"

State: TypeAlias = Literal["serving", "silent", "gone"]


@dataclass(frozen=True, slots=True)
class BrokerStatus:
    """A packaged broker and its state at the call."""

    broker: LocalBroker
    state: State
    """``serving`` answers requests, ``silent`` runs and does not answer, ``gone`` ended without `down`."""


def up(
    port: int = DEFAULT_PORT,
    *,
    data: Path | str | None = None,
    options: BrokerOptions | None = None,
    timeout_s: float = 60.0,
    cache: Path | None = None,
) -> LocalBroker:
    """Start a single-node Kafka on loopback and wait until it serves; a broker that already serves is returned.

    Args:
        port: Of the plain listener; 0 means any free one.
        data: Folder of its records, kept between runs; by default one for each port in the cache.
        options: Further listeners, users and rights.
        timeout_s: How long it may take to serve, after its jars are there.
        cache: Where jars and state are kept; by default the user's cache folder.

    Raises:
        ConfigurationError: No Java or Maven, a port or data folder that cannot be used.
        BrokerUnavailableError: It did not come up; the message names its log.
    """
    check_port(port)
    cache = cache_folder() if cache is None else cache
    java, jars = find_java(), pinned_jars.ensure(cache)
    port = port or free_port()
    folder = cache / "kafka" / "data" / str(port) if data is None else Path(data).expanduser().absolute()
    launcher = _Launcher(cache, java, jars, folder, options or BrokerOptions(), timeout_s)
    with exclusive(state.registry(cache) / f"{port}.lock"):
        return launcher.running(port) or launcher.start(port)


def down(
    port: int = DEFAULT_PORT,
    *,
    data: Path | str | None = None,
    timeout_s: float = _STOP_S,
    cache: Path | None = None,
) -> LocalBroker | None:
    """Stop the broker of a port, by force after ``timeout_s``; its data stays.

    Args:
        port: Of its plain listener.
        data: Its data folder; a broker on the port that has another one is not stopped.
        timeout_s: How long it may take to stop by itself.
        cache: Where the state of brokers is kept; by default the user's cache folder.

    Returns:
        The broker that was ended, or None when none ran.

    Raises:
        ConfigurationError: The broker of the port keeps its data elsewhere.
    """
    cache = cache_folder() if cache is None else cache
    with exclusive(state.registry(cache) / f"{port}.lock"):
        broker = _remembered(cache, port)
        if broker is not None and data is not None and broker.data != (folder := Path(data).expanduser().absolute()):
            raise ConfigurationError(
                f"The broker on port {port} keeps its data in {broker.data}, not in {folder}. It was not stopped."
            )
        process = None if broker is None else state.process_of(broker)
        # Java writes the archive at its end; after a kill it may be cut off, and is not kept.
        if process is not None and launch.stop(process, timeout_s):
            _keep_class_archive(cache, port)
        state.forget(cache, port)
    return None if process is None else broker


def status(*, cache: Path | None = None) -> list[BrokerStatus]:
    """Return every packaged broker that was started here and its state, by port."""
    found = state.known(cache_folder() if cache is None else cache)
    return [BrokerStatus(broker, _state(broker)) for broker in found]


def _state(broker: LocalBroker) -> State:
    if state.process_of(broker) is None:
        return "gone"
    return "serving" if probe.ask(HOST, broker.port, _ALIVE_S) else "silent"


def _remembered(cache: Path, port: int) -> LocalBroker | None:
    return next((broker for broker in state.known(cache) if broker.port == port), None)


def _archive_in_progress(archive: Path, port: int) -> Path:
    return archive.with_name(f"{archive.name}.{port}.tmp")


def _keep_class_archive(cache: Path, port: int) -> None:
    for path in pinned_jars.folder(cache).parent.glob(f"classes-*.jsa.{port}.tmp"):
        path.replace(path.with_name(path.name.removesuffix(f".{port}.tmp")))


@dataclass(frozen=True, slots=True)
class _Launcher:
    """Runs one call of `up` with checked arguments."""

    cache: Path
    java: Java
    jars: Path
    data: Path
    options: BrokerOptions
    timeout_s: float

    @property
    def properties(self) -> Path:
        return self.data / "server.properties"

    @property
    def logs(self) -> Path:
        return self.data / _LOGS

    def running(self, port: int) -> LocalBroker | None:
        """Return the broker that already serves here as asked; end one that no longer answers."""
        broker = _remembered(self.cache, port)
        process = None if broker is None else state.process_of(broker)
        if broker is None or process is None:
            self._refuse_shared_data()
            return None
        if probe.ask(HOST, port, _ALIVE_S) is None:
            launch.stop(process, _STOP_S)
            return None
        if broker.data != self.data:
            raise ConfigurationError(
                f"The broker on port {port} keeps its data in {broker.data}, not in {self.data}. "
                f"End it first: workbench kafka down --port {port}"
            )
        wanted = server_properties(self.options, port=port, controller_port=broker.controller_port, logs=self.logs)
        if self.properties.read_text() != wanted:
            raise ConfigurationError(
                f"The broker on port {port} runs with other options. End it first: workbench kafka down --port {port}"
            )
        return broker

    def _refuse_shared_data(self) -> None:
        for process in state.processes_on(self.properties):
            raise ConfigurationError(
                f"The data in {self.data} is in use by another broker, process {process.pid}. "
                f"End it first (kill {process.pid}), or name another folder."
            )

    def start(self, port: int) -> LocalBroker:
        self._refuse_ports_in_use(port)
        self._refuse_foreign_folder()
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._start_once(port, free_port())
            except BrokerUnavailableError as error:
                # The controller's port is any free one, and may be taken between choosing and binding it.
                if attempt == _ATTEMPTS or "Address already in use" not in error.message or not is_free(port):
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _start_once(self, port: int, controller_port: int) -> LocalBroker:
        archive = launch.class_archive(self.jars, self.java)
        self._write_properties(port, controller_port)
        # A data folder is formatted once; formatting it again would give the same records another cluster id.
        if not (self.logs / "meta.properties").is_file():
            tool = launch.java_command(self.java, self.jars, archive)
            launch.format_storage(tool, self.properties, self.options)
        extra = ["-Xms128m", f"-Xmx{self.options.heap_mb}m", "-XX:+ExitOnOutOfMemoryError"]
        # The first run of these jars records the classes that it loads; later ones start in half the time.
        if archive is not None and not archive.is_file():
            extra.append(f"-XX:ArchiveClassesAtExit={_archive_in_progress(archive, port)}")
        if not self.options.quick_start:
            extra += launch.LONG_RUN
        command = launch.java_command(self.java, self.jars, archive, *extra)
        broker = LocalBroker(port, controller_port, 0, self.data, pinned_jars.VERSION)
        log_from = broker.log.stat().st_size if broker.log.exists() else 0
        process = launch.start(command, self.properties, broker.log)
        try:
            return self._await(process, replace(broker, pid=process.pid), log_from)
        except BaseException:
            launch.stop(process, _STOP_S)
            state.forget(self.cache, port)
            raise

    def _await(self, process: psutil.Process, broker: LocalBroker, log_from: int) -> LocalBroker:
        # Remembered before it serves: a caller that dies while waiting leaves a broker that `down` still finds.
        state.remember(self.cache, broker)
        others = [listener.port for listener in self.options.listeners]
        answer = launch.wait_ready(process, broker.port, broker.log, log_from, self.timeout_s, others=others)
        broker = replace(broker, cluster_id=answer.cluster_id)
        state.remember(self.cache, broker)
        return broker

    def _write_properties(self, port: int, controller_port: int) -> None:
        text = server_properties(self.options, port=port, controller_port=controller_port, logs=self.logs)
        # The file holds passwords of listeners, so its rights are set before its content.
        self.properties.touch(mode=0o600)
        self.properties.write_text(text)

    def _refuse_ports_in_use(self, port: int) -> None:
        known = _remembered(self.cache, port) is not None
        for number in [port, *(listener.port for listener in self.options.listeners)]:
            launch.refuse_port_in_use(number, "workbench kafka up", may_be_released=known)

    def _refuse_foreign_folder(self) -> None:
        try:
            self.data.mkdir(parents=True, exist_ok=True)
            foreign = not self.properties.is_file() and any(self.data.iterdir())
        except OSError as error:
            raise ConfigurationError(f"The data folder {self.data} cannot be used: {error.strerror}.") from error
        if foreign:
            raise ConfigurationError(
                f"The folder {self.data} holds other files and no broker's data. Name an empty or a new folder."
            )
