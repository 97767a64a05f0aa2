"""Sends requests to the URLs of one schema registry, with deadlines, retries, and answers of bounded size."""

from __future__ import annotations

import asyncio
import json
import ssl
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httpx

from workbench.errors import ConfigurationError, SchemaRegistryError
from workbench.text import duration_text, size_text, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import SecretStr

    from workbench.config import SchemaRegistrySettings

TIMEOUT_S = 10.0
CONNECT_S = 3.0
MAX_ANSWER_BYTES = 64 << 20
"""A schema of some MB is read; an answer that is larger than this is none of a registry."""
RETRIES = 3
RETRY_S = 0.1
"""Seconds before the first retry; each further one waits three times as long."""
_BUSY_CODE = 50301
"""The registry could not write the schema now: another one of the same moment was first."""
_MEDIA = "application/vnd.schemaregistry.v1+json"
_ACCEPT = f"{_MEDIA}, application/vnd.schemaregistry+json; q=0.9, application/json; q=0.8"
_MESSAGE_CHARACTERS = 1_000


class RegistryTransport:
    """Asks one registry; where a URL does not answer, the next one is asked, and stays the first one.

    Args:
        settings: URLs and credentials.
        timeout_s: Seconds for one request to one URL, with its answer.
    """

    def __init__(self, settings: SchemaRegistrySettings, *, timeout_s: float = TIMEOUT_S) -> None:
        settings.check()
        self._settings = settings
        self._urls = list(settings.urls)
        self._timeout_s = timeout_s
        self._secrets = [s for s in map(_plain, (settings.password, settings.token)) if s]
        self._client: httpx.AsyncClient | None = None

    def __repr__(self) -> str:
        return f"<RegistryTransport {self._settings.name}>"

    async def aclose(self) -> None:
        """Close the connections; harmless when repeated, and the next request opens new ones."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def request(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: Any = None
    ) -> Any:
        """Send a request and return the JSON of the answer.

        Raises:
            SchemaRegistryError: No URL answers, or the registry refuses; with its status and error code.
            ConfigurationError: A certificate or key file cannot be used.
        """
        for attempt in range(RETRIES + 1):
            try:
                return await self._anywhere(method, path, params, body)
            except SchemaRegistryError as error:
                if attempt == RETRIES or not _is_busy(error):
                    raise
            self._urls.append(self._urls.pop(0))
            await asyncio.sleep(RETRY_S * 3**attempt)
        raise AssertionError  # the last attempt has returned or raised

    async def _anywhere(self, method: str, path: str, params: Mapping[str, str] | None, body: Any) -> Any:
        failures = []
        for _ in range(len(self._urls)):
            url = self._urls[0]
            try:
                async with asyncio.timeout(self._timeout_s):
                    return await self._once(f"{url}{path}", method, params, body)
            except (httpx.HTTPError, TimeoutError, OSError) as error:
                failures.append(f"{url}: {self._clean(_reason(error, self._timeout_s))}")
                self._urls.append(self._urls.pop(0))
        raise SchemaRegistryError(
            f"The schema registry does not answer ({'; '.join(failures)}). Check schema_registry_url and the network."
        )

    async def _once(self, url: str, method: str, params: Mapping[str, str] | None, body: Any) -> Any:
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
        headers = {} if content is None else {"Content-Type": _MEDIA}
        async with self._opened().stream(method, url, params=params, content=content, headers=headers) as answer:
            text = await _bounded(answer, url)
        if HTTPStatus.OK <= answer.status_code < HTTPStatus.MULTIPLE_CHOICES:
            return _parsed(text, url) if text else None
        raise self._refusal(answer, text, url)

    def _opened(self) -> httpx.AsyncClient:
        # Made inside the running loop, at the first request: a connection that asks nothing opens nothing.
        if self._client is None:
            settings = self._settings
            headers = {"Accept": _ACCEPT, "Accept-Encoding": "identity", "User-Agent": "eventbus-workbench"}
            if settings.token is not None:
                headers["Authorization"] = f"Bearer {settings.token.get_secret_value()}"
            auth = None
            if settings.username is not None and settings.password is not None:
                auth = httpx.BasicAuth(settings.username, settings.password.get_secret_value())
            self._client = httpx.AsyncClient(
                auth=auth,
                headers=headers,
                verify=_tls_context(settings),
                timeout=httpx.Timeout(self._timeout_s, connect=min(CONNECT_S, self._timeout_s)),
                # A proxy of the environment cannot reach this machine's own loopback.
                trust_env=not settings.is_loopback,
            )
        return self._client

    def _refusal(self, answer: httpx.Response, text: bytes, url: str) -> SchemaRegistryError:
        status = answer.status_code
        code, message = _error_of(text)
        if code is None:
            code = status
        said = self._clean(visible(message, _MESSAGE_CHARACTERS)) if message else answer.reason_phrase
        where = "" if status >= HTTPStatus.BAD_REQUEST else f" to {visible(answer.headers.get('location', ''), 200)!r}"
        hint = _HINTS.get(status, "")
        return SchemaRegistryError(
            f"The schema registry at {url} answers {code}{where}: {said}{'' if said.endswith('.') else '.'}{hint}",
            status=status,
            error_code=code,
        )

    def _clean(self, text: str) -> str:
        """Take secrets out of a text: a server may send back what it was sent."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


_HINTS: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: " Check schema_registry_username and its password, or the token, in the profile.",
    HTTPStatus.FORBIDDEN: " This user has no right to it.",
    HTTPStatus.MOVED_PERMANENTLY: " Name that URL as schema_registry_url.",
    HTTPStatus.FOUND: " Name that URL as schema_registry_url.",
    HTTPStatus.TEMPORARY_REDIRECT: " Name that URL as schema_registry_url.",
    HTTPStatus.PERMANENT_REDIRECT: " Name that URL as schema_registry_url.",
}


async def _bounded(answer: httpx.Response, url: str) -> bytes:
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        raise SchemaRegistryError(f"{url} answers compressed, which was not asked for.", status=answer.status_code)
    pieces, size = [], 0
    async for piece in answer.aiter_raw():
        size += len(piece)
        if size > MAX_ANSWER_BYTES:
            raise SchemaRegistryError(
                f"{url} answers with more than {size_text(MAX_ANSWER_BYTES)}; that is no schema, and it was not read.",
                status=answer.status_code,
            )
        pieces.append(piece)
    return b"".join(pieces)


def _parsed(text: bytes, url: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        start = visible(text[:200].decode("utf-8", "backslashreplace"), 80)
        raise SchemaRegistryError(
            f"{url} does not answer with JSON, as a schema registry does, but with: {start}. Check schema_registry_url."
        ) from None


def _error_of(text: bytes) -> tuple[int | None, str]:
    """Read ``{"error_code": n, "message": text}``; of any other body the beginning is the message."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None, text[:_MESSAGE_CHARACTERS].decode("utf-8", "backslashreplace")
    if not isinstance(found, dict):
        return None, str(found)
    code = found.get("error_code")
    message = found.get("message")
    known = isinstance(code, int) and not isinstance(code, bool)
    return code if known else None, message if isinstance(message, str) else ""


def _is_busy(error: SchemaRegistryError) -> bool:
    return error.status == HTTPStatus.SERVICE_UNAVAILABLE or error.error_code == _BUSY_CODE


def _reason(error: Exception, timeout_s: float) -> str:
    if isinstance(error, httpx.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return f"no answer within {duration_text(timeout_s, 's')}"
    return visible(str(error) or type(error).__name__, 200)


def _tls_context(settings: SchemaRegistrySettings) -> ssl.SSLContext:
    if not any(url.startswith("https:") for url in settings.urls):
        # Nothing is encrypted; to read the certificates of the system takes long. This one trusts nobody.
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context = ssl.create_default_context(cafile=settings.cafile)
        if settings.certfile is not None:
            context.load_cert_chain(settings.certfile, settings.keyfile, _plain(settings.key_password) or "")
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            f"A TLS file for the schema registry cannot be used (cafile {settings.cafile}, certfile "
            f"{settings.certfile}, keyfile {settings.keyfile}): {error.strerror or error}."
        ) from error
    return context


def _plain(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
