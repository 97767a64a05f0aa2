"""Refuses sockets outside loopback, so that no test can reach the world by accident."""

from __future__ import annotations

import ipaddress
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


class OutsideLoopbackError(OSError):
    """A test tried to reach a host outside loopback."""


def is_loopback(host: str | bytes | None) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(str(name).partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


class Guard:
    """Patches the socket module; names in ``allowed`` stay reachable (the broker that was named)."""

    def __init__(self, allowed: Collection[str] = ()) -> None:
        self.allowed = frozenset(allowed)
        self.refused: list[str] = []

    def _permit(self, host: Any) -> None:
        if is_loopback(host) or host in self.allowed:
            return
        self.refused.append(str(host))
        raise OutsideLoopbackError(f"Tests may not reach {host}: only loopback is allowed.")

    @contextmanager
    def active(self) -> Iterator[Guard]:
        look_up, connect, connect_ex = socket.getaddrinfo, socket.socket.connect, socket.socket.connect_ex
        sendto = socket.socket.sendto

        def guarded_look_up(host: Any, *args: Any, **options: Any) -> Any:
            if str(host).endswith(".invalid"):  # RFC 6761: such names never resolve, and need no question to find out
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            self._permit(host)
            return look_up(host, *args, **options)

        def check(sock: socket.socket, address: Any) -> None:
            if sock.family in (socket.AF_INET, socket.AF_INET6):
                self._permit(address[0])

        def guarded_connect(sock: socket.socket, address: Any) -> None:
            check(sock, address)
            connect(sock, address)

        def guarded_connect_ex(sock: socket.socket, address: Any) -> int:
            check(sock, address)
            return connect_ex(sock, address)

        def guarded_sendto(sock: socket.socket, data: Any, *rest: Any) -> int:
            check(sock, rest[-1])
            return sendto(sock, data, *rest)

        replaced = {"connect": guarded_connect, "connect_ex": guarded_connect_ex, "sendto": guarded_sendto}
        try:
            socket.getaddrinfo = guarded_look_up
            for name, function in replaced.items():
                setattr(socket.socket, name, function)
            yield self
        finally:
            socket.getaddrinfo = look_up
            for name in replaced:
                delattr(socket.socket, name)
