"""Serves the metrics over HTTP for Prometheus to scrape: on loopback, one endpoint for the process."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.errors import ConfigurationError
from workbench.telemetry.metrics import registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self
    from wsgiref.simple_server import WSGIServer

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MetricsServer:
    """A running metrics endpoint. As a context manager it stops on exit."""

    host: str
    port: int
    _server: WSGIServer
    _thread: threading.Thread

    @property
    def url(self) -> str:
        """URL that Prometheus scrapes."""
        return f"http://{self.host}:{self.port}/metrics"

    def close(self) -> None:
        """Stop the server and close its port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()


def serve_metrics(port: int = 0, *, host: str = "127.0.0.1") -> MetricsServer:
    """Serve the metrics on a port (0 takes any free one), on loopback unless another host is given.

    Raises:
        ConfigurationError: The port is in use or not allowed.
    """
    from prometheus_client import start_http_server

    try:
        server, thread = start_http_server(port, addr=host, registry=registry())
    except (OSError, OverflowError) as error:
        raise ConfigurationError(
            f"The metrics port {port} on {host} cannot be used: {error}. Choose another one, or 0 for any free port."
        ) from error
    return MetricsServer(host, server.server_port, server, thread)


class _Shared:
    """Keeps the one endpoint of this process open as long as it has users."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._server: MetricsServer | None = None
        self._users = 0

    def join(self, port: int) -> MetricsServer | None:
        with self._lock:
            if self._server is None:
                try:
                    self._server = serve_metrics(port)
                except ConfigurationError as error:
                    log.warning("Going on without metrics: %s", error)
                    return None
            elif port not in {0, self._server.port}:
                log.warning("Metrics are on port %d already; port %d is not opened.", self._server.port, port)
            self._users += 1
            return self._server

    def leave(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0 and self._server is not None:
                server, self._server = self._server, None
                server.close()


_shared = _Shared()


@contextmanager
def shared_metrics(port: int) -> Iterator[str | None]:
    """Use the endpoint of this process, which the first user opens and the last one closes; yields its URL.

    If the port is in use, a warning names it and None is yielded: the caller continues without metrics.
    """
    server = _shared.join(port)
    try:
        yield None if server is None else server.url
    finally:
        if server is not None:
            _shared.leave()
