"""Writes a request whose content is megabytes long to a socket, piece by piece, as fast as the broker takes it.

aiokafka encodes a request as one text of bytes, in which its content is copied ten times on the way to the socket.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from aiokafka import errors as kafka_errors
from aiokafka.conn import CloseReason

if TYPE_CHECKING:
    from aiokafka.conn import AIOKafkaConnection

    from workbench.bus.kafka.wire.produce import ProduceRequest

_PIECE = 512 << 10
"""Bytes that are handed to the socket at once: what it does not take is copied."""


async def write_request(connection: AIOKafkaConnection, request: ProduceRequest) -> asyncio.Future[Any]:
    """Write a request, and return the future of its answer. Nothing else may write to the connection meanwhile.

    Raises:
        KafkaConnectionError: The connection is closed.
    """
    stream = connection._writer  # noqa: SLF001 - aiokafka offers no other way in
    if stream is None:
        raise kafka_errors.KafkaConnectionError(f"the connection to {connection.host}:{connection.port} is closed")
    prepared = request.prepare(connection._versions)  # noqa: SLF001 - same
    number = connection._next_correlation_id()  # noqa: SLF001 - same
    header = prepared.build_request_header(correlation_id=number, client_id=connection._client_id)  # noqa: SLF001 - same
    answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    # Answers come in the order of the requests.
    connection._requests.append((number, prepared, answer))  # noqa: SLF001 - same
    try:
        stream.write(request.in_front(header.encode(), prepared))
        for start in range(0, len(request.content), _PIECE):
            stream.write(request.content[start : start + _PIECE])
            await stream.drain()
    except BaseException as error:
        # The broker would take the next request for the rest of this one.
        connection.close(reason=CloseReason.CONNECTION_BROKEN)
        if answer.done():
            answer.exception()
        if isinstance(error, OSError):
            raise kafka_errors.KafkaConnectionError(str(error)) from error
        raise
    return answer
