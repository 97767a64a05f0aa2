"""What the HTTP servers of the tests share: threads of their own, requests as they came, credentials."""

from __future__ import annotations

import base64
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator


_NO_CONTENT = 204


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class QuietHandler(BaseHTTPRequestHandler):
    """Handles requests over connections that stay open, and keeps standard error for the tests."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args: Any) -> None:
        pass

    def request_body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def asked(self, body: bytes) -> Asked:
        return Asked(self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body)

    def authorized(self, wanted: tuple[str, str] | str | None) -> bool:
        """Whether the request brings a bearer token, or user name and password, that are asked for."""
        if wanted is None:
            return True
        expected = f"Bearer {wanted}" if isinstance(wanted, str) else basic(*wanted)
        return self.headers.get("Authorization") == expected

    def send_body(self, status: int, body: bytes, media: str, **headers: str) -> None:
        """Answer; a client that has gone away gets nothing."""
        sent = {} if status == _NO_CONTENT else {"Content-Type": media, "Content-Length": str(len(body))}
        try:
            self.send_response(status)
            for name, value in {**sent, **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body if sent else b"")
        except OSError:
            self.close_connection = True


@contextmanager
def serving(
    handler: type[BaseHTTPRequestHandler], *, tls: ssl.SSLContext | None = None, port: int = 0, waits: bool = False
) -> Iterator[int]:
    """Serve on loopback until the block ends; gives the port.

    Args:
        handler: Answers the requests.
        tls: Encrypts them.
        port: 0 means any free one.
        waits: Whether closing waits for the last answers.
    """
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = not waits
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def basic(user: str, password: str) -> str:
    """Return the header of basic credentials."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
