"""Sends requests to the URLs of one schema registry, again where it is busy."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from workbench.bus.http import TIMEOUT_S, HttpTransport
from workbench.errors import SchemaRegistryError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.config import SchemaRegistrySettings

RETRIES = 3
RETRY_S = 0.1
"""Seconds before the first retry; each further one waits three times as long."""
_BUSY_CODE = 50301
"""The registry could not write the schema now: another one of the same moment was first."""
_MEDIA = "application/vnd.schemaregistry.v1+json"
_ACCEPT = f"{_MEDIA}, application/vnd.schemaregistry+json; q=0.9, application/json; q=0.8"


class RegistryTransport:
    """Asks one registry; where a URL does not answer, the next one is asked, and stays the first one.

    Args:
        settings: URLs and credentials.
        timeout_s: Seconds for one request to one URL, with its answer.
    """

    def __init__(self, settings: SchemaRegistrySettings, *, timeout_s: float = TIMEOUT_S) -> None:
        self._name = settings.name
        self._http = HttpTransport(settings, SchemaRegistryError, headers={"Accept": _ACCEPT}, timeout_s=timeout_s)

    def __repr__(self) -> str:
        return f"<RegistryTransport {self._name}>"

    async def aclose(self) -> None:
        """Close the connections; harmless when repeated, and the next request opens new ones."""
        await self._http.aclose()

    async def request(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: Any = None
    ) -> Any:
        """Send a request and return the JSON of the answer.

        Raises:
            SchemaRegistryError: No URL answers, or the registry refuses; with its status and error code.
            ConfigurationError: A certificate or key file cannot be used.
        """
        headers = None if body is None else {"Content-Type": _MEDIA}
        for attempt in range(RETRIES + 1):
            try:
                return await self._http.request(method, path, params=params, body=body, headers=headers)
            except SchemaRegistryError as error:
                if attempt == RETRIES or not _is_busy(error):
                    raise
            self._http.use_next_url()
            await asyncio.sleep(RETRY_S * 3**attempt)
        raise AssertionError  # the last attempt has returned or raised


def _is_busy(error: SchemaRegistryError) -> bool:
    return error.status == HTTPStatus.SERVICE_UNAVAILABLE or error.error_code == _BUSY_CODE
