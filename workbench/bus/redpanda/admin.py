"""Defines `AdminClient`: deploys, lists, updates and deletes data transforms through the Admin API of Redpanda."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from urllib.parse import quote

from workbench.bus.redpanda.requests import AdminRequests
from workbench.bus.redpanda.transform_state import read_committed_offsets, read_transforms
from workbench.errors import TransformError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    from workbench.bus.redpanda.transform_state import CommittedOffset, DeployedTransform
    from workbench.config.admin_api import AdminSettings

Compression: TypeAlias = Literal["none", "gzip", "snappy", "lz4", "zstd"]
OffsetFormat: TypeAlias = Literal["from_start", "from_end", "timestamp"]

_ROOT = "/v1/transform"
_DEPLOY_MEDIA = "application/json+wasm"


class AdminClient:
    """Speaks to the Admin API of one cluster; an async context manager.

    Deploying, deleting and updating need a superuser; listing needs a user.
    """

    def __init__(self, settings: AdminSettings, *, timeout_s: float = 30.0) -> None:
        self._requests = AdminRequests(settings, timeout_s=timeout_s)

    def __repr__(self) -> str:
        return f"<AdminClient {self._requests.name}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections; harmless when repeated."""
        await self._requests.aclose()

    async def deploy(
        self,
        name: str,
        code: bytes,
        *,
        input_topic: str,
        output_topics: Sequence[str],
        environment: Mapping[str, str] | None = None,
        offset: tuple[OffsetFormat, int] | None = ("from_start", 0),
        compression: Compression | None = None,
    ) -> None:
        """Deploy a module, or replace that of a transform with the same name, input and outputs.

        Args:
            name: Name of the transform.
            code: The binary module.
            input_topic: The topic that it reads.
            output_topics: The topics that it writes to, the first one by default.
            environment: Variables.
            offset: Where it begins when it is deployed for the first time: so many records after the start, before the
                end, or at a time in ms; None begins at the time of deployment.
            compression: How its outputs are compressed.

        Raises:
            TransformError: The broker refuses it, or does not answer.
        """
        body = deploy_body(
            name,
            code,
            input_topic=input_topic,
            output_topics=output_topics,
            environment=environment,
            offset=offset,
            compression=compression,
        )
        await self._requests.send(
            "POST", f"{_ROOT}/deploy", transform=name, stage="deploy", content=body, media=_DEPLOY_MEDIA
        )

    async def transforms(self) -> list[DeployedTransform]:
        """List the deployed transforms with their state.

        Raises:
            TransformError: The broker refuses, does not answer, or its answer cannot be read.
        """
        answer = await self._requests.send("GET", _ROOT, stage="list")
        return sorted(read_transforms(answer), key=lambda one: one.name)

    async def delete(self, name: str) -> None:
        """Delete a transform; one that is not there is no error. Its topics stay.

        Raises:
            TransformError: The broker refuses, or does not answer.
        """
        await self._requests.send("DELETE", f"{_ROOT}/{_in_path(name)}", transform=name, stage="delete")

    async def pause(self, name: str) -> None:
        """Pause a transform.

        Raises:
            TransformError: There is none of that name, the broker refuses, or does not answer.
        """
        await self.update(name, is_paused=True)

    async def resume(self, name: str) -> None:
        """Let a paused transform run again.

        Raises:
            TransformError: There is none of that name, the broker refuses, or does not answer.
        """
        await self.update(name, is_paused=False)

    async def update(
        self,
        name: str,
        *,
        is_paused: bool | None = None,
        environment: Mapping[str, str] | None = None,
        compression: Compression | None = None,
    ) -> None:
        """Change a transform; what is not given stays.

        Args:
            name: Its name.
            is_paused: Whether it is paused.
            environment: All its variables; those that are not named here are removed.
            compression: How its outputs are compressed.

        Raises:
            TransformError: There is none of that name, the broker refuses, or does not answer.
        """
        change: dict[str, Any] = {}
        if environment is not None:
            change["env"] = _variables(environment)
        if is_paused is not None:
            change["is_paused"] = is_paused
        if compression is not None:
            change["compression"] = compression
        await self._requests.send(
            "PUT", f"{_ROOT}/{_in_path(name)}/meta", transform=name, stage="update", content=_json(change)
        )

    async def committed_offsets(self, *, show_unknown: bool = False) -> list[CommittedOffset]:
        """Return how far each transform has committed.

        Args:
            show_unknown: Also offsets of transforms that were deleted.

        Raises:
            TransformError: The broker refuses, does not answer, or its answer cannot be read.
        """
        query = f"?show_unknown={'true' if show_unknown else 'false'}"
        answer = await self._requests.send("GET", f"{_ROOT}/debug/committed_offsets{query}", stage="list")
        return read_committed_offsets(answer)

    async def collect_offsets(self) -> None:
        """Remove the committed offsets of transforms that were deleted.

        Raises:
            TransformError: The broker refuses, or does not answer.
        """
        await self._requests.send("POST", f"{_ROOT}/debug/committed_offsets/garbage_collect", stage="update")


def deploy_body(
    name: str,
    code: bytes,
    *,
    input_topic: str,
    output_topics: Sequence[str],
    environment: Mapping[str, str] | None = None,
    offset: tuple[OffsetFormat, int] | None = None,
    compression: Compression | None = None,
) -> bytes:
    """Write the body of a deployment: one JSON object, and the bytes of the module immediately behind it."""
    head: dict[str, Any] = {"name": name, "input_topic": input_topic, "output_topics": list(output_topics)}
    if environment:
        head["environment"] = _variables(environment)
    if compression is not None:
        head["compression"] = compression
    if offset is not None:
        head["offset"] = {"format": offset[0], "value": offset[1]}
    return _json(head) + code


def _variables(environment: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in environment.items()]


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _in_path(name: str) -> str:
    if not name:
        raise TransformError("A transform needs a name.", name=name, stage="check")
    return quote(name, safe="")
