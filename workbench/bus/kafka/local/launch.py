"""Starts the broker's process, detached from this one, and waits until it answers requests."""

from __future__ import annotations

import hashlib
import os
import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import psutil

from workbench.bus.kafka.local import probe
from workbench.bus.kafka.local.options import HOST
from workbench.bus.kafka.local.ports import is_free
from workbench.errors import BrokerUnavailableError, ConfigurationError
from workbench.text import duration_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from workbench.bus.kafka.local.java import Java
    from workbench.bus.kafka.local.options import BrokerOptions

_FORMAT_S = 60.0
_POLL_S = 0.05
_RELEASE_S = 5.0
_LARGEST_LOG = 16 << 20
_TAIL_LINES = 12
_QUICK_START = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Xlog:cds=off", "-Xlog:cds+dynamic=off")
LONG_RUN = ("-XX:-UseSerialGC", "-XX:+UseG1GC", "-XX:TieredStopAtLevel=4")
"""What takes back those of the quick start that cost time later; they stand behind them."""
_LOGGING = (
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS",
)
# The shell exits at once, so init adopts the broker, and it survives the process that called.
_DETACH = '"$@" >>"$0" 2>&1 </dev/null & echo $!'


def class_archive(jars: Path, java: Java) -> Path | None:
    """Return the path of the class-data sharing archive for this Java and these jars; None where Java has none."""
    if not java.shares_classes:
        return None
    key = hashlib.sha256(f"{java.path.resolve()} {java.version}".encode()).hexdigest()[:12]
    return jars.parent / f"classes-{key}.jsa"


def java_command(java: Java, jars: Path, archive: Path | None, *extra: str) -> list[str]:
    """Return the start of a command line that runs a class of the jars; the class comes next."""
    classpath = os.pathsep.join(str(path) for path in sorted(jars.glob("*.jar")))
    shared = [f"-XX:SharedArchiveFile={archive}"] if archive is not None and archive.is_file() else []
    return [str(java.path), *_QUICK_START, *_LOGGING, *shared, *extra, "-cp", classpath]


def format_storage(command: list[str], properties: Path, options: BrokerOptions) -> None:
    """Format an empty data folder with Kafka's storage tool: a new cluster id, and the SCRAM users.

    Raises:
        BrokerUnavailableError: The storage tool failed; the message quotes its output.
    """
    cluster_id = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    # The tool reads an id that begins with a dash as an option.
    cluster_id = cluster_id.replace("-", "x", 1) if cluster_id.startswith("-") else cluster_id
    arguments = ["kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", str(properties)]
    for credential in options.scram_credentials:
        arguments += ["--add-scram", credential]
    run = subprocess.run(  # noqa: S603 - our Java with our arguments
        [*command, *arguments], capture_output=True, text=True, timeout=_FORMAT_S, check=False
    )
    if run.returncode != 0:
        output = _relevant((run.stderr + run.stdout).splitlines())
        raise BrokerUnavailableError(f"Kafka's storage tool could not prepare {properties.parent}:\n{output}")


def start(command: list[str], properties: Path, log: Path) -> psutil.Process:
    """Start the broker's process, detached from this one, its output appended to the log."""
    # Kafka writes its log without rotation here; one former file is kept, so that a folder used for months stays small.
    if log.exists() and log.stat().st_size > _LARGEST_LOG:
        log.replace(log.with_suffix(".log.1"))
    return detached([*command, "kafka.Kafka", str(properties)], log)


def detached(command: list[str], log: Path) -> psutil.Process:
    """Start a process that outlives this one, its output appended to the log."""
    shell = ["/bin/sh", "-c", _DETACH, str(log), *command]
    run = subprocess.run(  # noqa: S603 - our Java with our arguments
        shell, capture_output=True, text=True, start_new_session=True, check=True
    )
    try:
        return psutil.Process(int(run.stdout))
    except psutil.NoSuchProcess as error:
        raise BrokerUnavailableError(f"The process ended at once. Its log: {log}\n{tail(log, 0)}") from error


def ended(process: psutil.Process) -> bool:
    """Tell whether a process has ended; a zombie process counts as ended."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def stop(process: psutil.Process, timeout_s: float) -> bool:
    """Terminate a process, and kill it after ``timeout_s``; returns whether it ended without the kill."""
    # SIGTERM lets the broker mark its logs as cleanly closed; without the mark the next start scans all segments.
    with suppress(psutil.NoSuchProcess):
        process.terminate()
    if holds_within(lambda: ended(process), timeout_s):
        return True
    with suppress(psutil.NoSuchProcess):
        process.kill()
    if not holds_within(lambda: ended(process), timeout_s):
        raise BrokerUnavailableError(f"The process {process.pid} cannot be ended, not even by force.")
    return False


def holds_within(condition: Callable[[], bool], timeout_s: float) -> bool:
    """Wait until a condition holds; returns whether it did within ``timeout_s``."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL_S)
    return True


def refuse_port_in_use(port: int, command: str, *, may_be_released: bool) -> None:
    """Refuse a port that another program has.

    Args:
        port: The port.
        command: The command that would start the server there, for the error: ``workbench kafka up``.
        may_be_released: Whether a server of ours had it: a killed process counts as ended a little before the system
            takes its sockets back.

    Raises:
        ConfigurationError: The port is in use.
    """
    if not holds_within(partial(is_free, port), _RELEASE_S if may_be_released else 0.0):
        raise ConfigurationError(
            f"Port {port} on {HOST} is already in use by another program. Choose another one "
            f"({command} --port {port + 1}), or end that program."
        )


def wait_ready(
    process: psutil.Process, port: int, log: Path, log_from: int, timeout_s: float, *, others: Sequence[int] = ()
) -> probe.Answer:
    """Wait until the broker answers a metadata request and its other ports are open, and return the answer.

    Raises:
        BrokerUnavailableError: It ended, or did not serve in time; the message names its log and quotes its errors.
    """
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if ended(process):
            raise BrokerUnavailableError(f"The broker ended while starting. Its log: {log}\n{tail(log, log_from)}")
        # The port opens before the broker has registered with its controller: only an answer with a broker counts.
        # Its other listeners open one after the other, so they may open later than this one.
        if (answer := probe.ask(HOST, port)) is not None and all(probe.is_open(HOST, other) for other in others):
            return answer
        time.sleep(_POLL_S)
    raise BrokerUnavailableError(
        f"The broker did not serve on {HOST}:{port} within {duration_text(timeout_s, 's')}. "
        f"Its log: {log}\n{tail(log, log_from)}",
        addresses=[f"{HOST}:{port}"],
    )


def tail(log: Path, log_from: int) -> str:
    """Return the error lines of a log since a byte position, or else its last lines."""
    try:
        with log.open("rb") as file:
            file.seek(log_from)
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return _relevant(lines)


def _relevant(lines: list[str]) -> str:
    errors = [line for line in lines if " ERROR " in line or "Exception" in line]
    return "\n".join(errors[:_TAIL_LINES] or lines[-_TAIL_LINES:])
