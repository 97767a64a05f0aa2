"""Connections to the brokers of one cluster: made on demand and kept open; aiokafka connects and authenticates."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket as sockets
import ssl
import warnings
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from aiokafka import errors as kafka_errors
from aiokafka.conn import CloseReason, create_conn

from workbench.bus.kafka.connection.certificate import untrusted
from workbench.bus.kafka.connection.frames import receive_in_place
from workbench.bus.kafka.connection.large_requests import write_request
from workbench.bus.kafka.connection.listener import Finding, UnusableListenerError, examine
from workbench.bus.kafka.connection.metadata import Metadata, metadata_request, read_metadata
from workbench.bus.kafka.connection.secret_filter import hide_secrets
from workbench.bus.kafka.connection.translate import NOT_ANSWERED, is_authentication
from workbench.bus.kafka.wire.produce import ProduceRequest
from workbench.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aiokafka.conn import AIOKafkaConnection

    from workbench.bus.kafka.connection.security import KafkaSecurity

# Errors that aiokafka logs are raised as ours; without a handler logging would also print them in every notebook.
logging.getLogger("aiokafka").addHandler(logging.NullHandler())
hide_secrets()

_PATIENCE_S = 1.0
"""Seconds after which a first address that has not answered is examined, while its answer is still waited for."""
_TRIED_BROKERS = 3
"""Brokers whose advertised address is tried when a cluster is opened."""


class AdvertisedAddressError(OSError):
    """The address that a broker advertises cannot be reached at this moment."""


class Connections:
    """Keeps one socket per broker and purpose.

    A broker answers the requests of a socket in order, so a fetch that waits for records must not share a socket with
    metadata requests: each reader and writer has a purpose of its own. Must be made inside a running event loop.
    """

    def __init__(
        self,
        hosts: Sequence[tuple[str, int]],
        security: KafkaSecurity,
        *,
        client_id: str,
        connect_timeout_s: float,
        request_timeout_s: float,
    ) -> None:
        self.addresses = [f"{host}:{port}" for host, port in hosts]
        self.security = security
        self.client_id = client_id
        self._hosts = list(hosts)
        self._connect_timeout_s = connect_timeout_s
        self._request_timeout_s = request_timeout_s
        self._brokers: dict[int, tuple[str, int]] = {}
        self._sockets: dict[tuple[int, str], AIOKafkaConnection] = {}
        self._locks: dict[tuple[int, str], asyncio.Lock] = {}
        self._writing: WeakKeyDictionary[AIOKafkaConnection, asyncio.Lock] = WeakKeyDictionary()
        """Held while the content of a request is written to a socket."""
        self._answered_by = ""
        self._closed = False
        # Last, because it reads files, and an object without its fields cannot even be thrown away.
        self._options = security.client_options()

    @property
    def nodes(self) -> list[int]:
        """Ids of the brokers that the last metadata named."""
        return sorted(self._brokers)

    async def metadata(self, topics: Sequence[str] | None, *, rights: bool = False) -> Metadata:
        """Read metadata of some topics, or all with None, from the first broker that answers."""
        answer = None
        for node in self.nodes:
            try:
                answer = await self._ask(await self.socket(node), topics, rights=rights)
                break
            except NOT_ANSWERED as error:
                if is_authentication(error):
                    raise
        # All brokers of the last metadata may be gone by now; the addresses that the user gave are the last resort.
        if answer is None:
            answer = await self._bootstrap(topics)
        if not answer.brokers:
            raise _no_brokers(self._options)
        self._brokers = dict(answer.brokers)
        return answer

    async def send(self, node: int, request: Any, purpose: str = "") -> Any:
        """Send one request and wait for its answer."""
        socket = await self.socket(node, purpose)
        if isinstance(request, ProduceRequest):
            return await self._write(socket, request)
        return await self._exchange(socket, request)

    async def send_any(self, request: Any) -> Any:
        """Send to the first broker that answers."""
        failure: Exception | None = None
        for node in self.nodes:
            try:
                return await self.send(node, request)
            except NOT_ANSWERED as error:
                if is_authentication(error):
                    raise
                failure = error
        raise failure or kafka_errors.NodeNotReadyError("no broker is known")

    async def socket(self, node: int, purpose: str = "") -> AIOKafkaConnection:
        """Return the open socket for a broker and purpose; connect when there is none."""
        key = (node, purpose)
        # The lock keeps two callers from opening two sockets for the same broker and purpose.
        async with self._locks.setdefault(key, asyncio.Lock()):
            socket = self._sockets.get(key)
            if socket is None or not socket.connected():
                if self._closed:
                    raise kafka_errors.NodeNotReadyError("the connection is closed")
                if node not in self._brokers:
                    raise kafka_errors.StaleMetadata(f"broker {node} is not known")
                socket = await self._connect_to_broker(node, self._connect_timeout_s)
                self._sockets[key] = socket
            return socket

    async def reach(self) -> None:
        """Connect to a broker by the address that it advertises: the first answer may have come from another one.

        A cluster behind Docker or a port forwarding answers at the address that the user gave, and names addresses
        that only its own network knows. That is found out here, not after the deadline of the first request.
        """
        failure: Exception | None = None
        tried = self.nodes[:_TRIED_BROKERS]
        for node in tried:
            try:
                async with asyncio.timeout(self._connect_timeout_s / len(tried)):
                    await self.socket(node)
            except NOT_ANSWERED as error:
                if is_authentication(error):
                    raise
                failure = failure if isinstance(error, TimeoutError) and failure is not None else error
            else:
                return
        raise failure or kafka_errors.NodeNotReadyError("no broker is known")

    async def supports(self, api_key: int, version: int) -> bool:
        """Whether the first broker that answers accepts this version of a request."""
        for node in self.nodes:
            with contextlib.suppress(*NOT_ANSWERED):
                low, high = (await self.socket(node))._versions.get(api_key, (0, -1))  # noqa: SLF001 - no other way
                return bool(low <= version <= high)
        return False

    async def drop(self, purpose: str, node: int | None = None) -> None:
        """Close the sockets of one purpose, to one broker or to all."""
        for key in [key for key in self._sockets if key[1] == purpose and node in (None, key[0])]:
            await _close(self._sockets.pop(key))
            self._locks.pop(key, None)

    async def aclose(self) -> None:
        """Close everything; harmless when repeated."""
        self._closed = True
        sockets, self._sockets = self._sockets, {}
        for socket in sockets.values():
            await _close(socket)

    def __del__(self) -> None:
        if self._sockets and not self._closed:
            warnings.warn(
                f"Connections to {', '.join(self.addresses)} were not closed",
                ResourceWarning,
                stacklevel=2,
                source=self,
            )

    async def _connect(self, host: str, port: int, timeout_s: float) -> AIOKafkaConnection:
        async with asyncio.timeout(timeout_s):
            socket = await create_conn(
                host,
                port,
                client_id=self.client_id,
                request_timeout_ms=round(self._request_timeout_s * 1000),
                max_idle_ms=540_000,  # a broker closes idle sockets after ten minutes; ours close a minute earlier
                **self._options,
            )
        receive_in_place(socket)
        return socket

    async def _exchange(self, socket: AIOKafkaConnection, request: Any) -> Any:
        try:
            return await socket.send(request)
        except TimeoutError:
            # Answers come in order: whatever is sent after the late request would wait behind it.
            socket.close(reason=CloseReason.CONNECTION_TIMEOUT)
            raise

    async def _write(self, socket: AIOKafkaConnection, request: ProduceRequest) -> Any:
        try:
            async with asyncio.timeout(self._request_timeout_s):
                async with self._writing.setdefault(socket, asyncio.Lock()):
                    answer = await write_request(socket, request)
                return await answer
        except TimeoutError:
            # As for other requests: what is sent after this one would wait behind it.
            socket.close(reason=CloseReason.CONNECTION_TIMEOUT)
            raise

    async def _ask(self, socket: AIOKafkaConnection, topics: Sequence[str] | None, *, rights: bool = False) -> Metadata:
        return read_metadata(await self._exchange(socket, metadata_request(socket._versions, topics, rights=rights)))  # noqa: SLF001 - no other way

    async def _bootstrap(self, topics: Sequence[str] | None) -> Metadata:
        failure: BaseException | None = None
        for host, port in self._hosts:
            try:
                answer = await self._first_answer(host, port, topics)
            except NOT_ANSWERED as error:
                if is_authentication(error):
                    raise
                failure = error
            else:
                self._answered_by = f"{host}:{port}"
                return answer
        raise failure or kafka_errors.KafkaConnectionError("no address was given")

    async def _first_answer(self, host: str, port: int, topics: Sequence[str] | None) -> Metadata:
        """Connect and ask; an address that is slow or fails is examined, so that the error names the cause."""
        asking = asyncio.ensure_future(self._ask_anew(host, port, topics))
        finding = None
        try:
            done, _ = await asyncio.wait([asking], timeout=_PATIENCE_S)
            if not done:
                finding = await examine(host, port, self.security)
                if finding is not None and finding.final and not asking.done():
                    raise UnusableListenerError(f"{host}:{port}", finding)
            return await asking
        except NOT_ANSWERED as error:
            if finding is not None:
                raise UnusableListenerError(f"{host}:{port}", finding) from error
            raise await self._explained(error, host, port) from error
        finally:
            asking.cancel()
            await asyncio.wait([asking])

    async def _ask_anew(self, host: str, port: int, topics: Sequence[str] | None) -> Metadata:
        socket = await self._connect(host, port, self._connect_timeout_s / len(self._hosts))
        try:
            return await self._ask(socket, topics)
        finally:
            await _close(socket)

    async def _explained(self, error: BaseException, host: str, port: int) -> BaseException:
        """Return an error that says more about why an address cannot be used, where there is more to say."""
        if isinstance(error, ssl.SSLCertVerificationError):
            return await untrusted(error, host, port, self.security)
        if isinstance(error, UnusableListenerError) or (
            is_authentication(error) and not isinstance(error, ssl.SSLError)
        ):
            return error
        finding = await examine(host, port, self.security)
        return error if finding is None else UnusableListenerError(f"{host}:{port}", finding)

    async def _connect_to_broker(self, node: int, timeout_s: float) -> AIOKafkaConnection:
        """Connect to the address that a broker advertises."""
        host, port = self._brokers[node]
        try:
            return await self._connect(host, port, timeout_s)
        except ssl.SSLCertVerificationError as error:
            raise await untrusted(error, host, port, self.security, f"{self._advertised(node)}, and ") from error
        except sockets.gaierror as error:
            raise UnusableListenerError(self._advertised(node), _UNKNOWN_NAME) from error
        except (OSError, TimeoutError) as error:
            if isinstance(error, ssl.SSLError):
                raise
            why = error.strerror or str(error) or type(error).__name__
            raise AdvertisedAddressError(f"{self._advertised(node)}: {why}") from error

    def _advertised(self, node: int) -> str:
        host, port = self._brokers[node]
        by = f", as {self._answered_by} says" if self._answered_by and self._answered_by != f"{host}:{port}" else ""
        return f"broker {node} is advertised as {visible(host, 100)}:{port}{by}"


_UNKNOWN_NAME = Finding(
    "that name does not resolve here",
    "Make it known to this machine (DNS, hosts file, VPN), or correct advertised.listeners of the broker.",
)


async def _close(socket: AIOKafkaConnection) -> None:
    closed = socket.close(reason=CloseReason.SHUTDOWN)
    if closed is not None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                await closed


def _no_brokers(options: Mapping[str, Any]) -> Exception:
    """Return the error of metadata without brokers.

    A broker reports a refused OAUTHBEARER token in a field that aiokafka does not read, so that the failure is only
    seen here.
    """
    not_ready: Exception = kafka_errors.NodeNotReadyError("the answer names no broker")
    refused: Exception = kafka_errors.SaslAuthenticationFailed()
    return not_ready if options.get("sasl_mechanism") is None else refused
