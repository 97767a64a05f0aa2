"""Sends requests to the URLs of one HTTP service beside a cluster, with deadlines and answers of bounded size."""

from __future__ import annotations

import asyncio
import json
import ssl
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeAlias

from workbench.errors import ConfigurationError
from workbench.text import duration_text, size_text, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx
    from pydantic import SecretStr

    from workbench.config.http_service import HttpServiceSettings
    from workbench.errors import HttpProxyError, SchemaRegistryError

    ServiceError: TypeAlias = SchemaRegistryError | HttpProxyError

TIMEOUT_S = 10.0
CONNECT_S = 3.0
MAX_ANSWER_BYTES = 64 << 20
"""A schema of some MB is read; an answer that is larger than this is none of a registry."""
_MESSAGE_CHARACTERS = 1_000


class HttpTransport:
    """Asks one service; where a URL does not answer, the next one is asked, and stays the first one.

    Args:
        settings: URLs and credentials.
        error: Class of the errors.
        headers: Sent with every request.
        timeout_s: Seconds for one request to one URL, with its answer.
        max_answer_bytes: Size of the largest answer that is read.
    """

    def __init__(
        self,
        settings: HttpServiceSettings,
        error: type[ServiceError],
        *,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = TIMEOUT_S,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
    ) -> None:
        settings.check()
        self._settings = settings
        self._error = error
        self._headers = dict(headers or {})
        self._urls = list(settings.urls)
        self._timeout_s = timeout_s
        self._largest = max_answer_bytes
        self._client: httpx.AsyncClient | None = None

    def __repr__(self) -> str:
        return f"<HttpTransport {self._settings.name}>"

    async def aclose(self) -> None:
        """Close the connections; harmless when repeated, and the next request opens new ones."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def use_next_url(self) -> None:
        """Ask another URL first from now on."""
        self._urls.append(self._urls.pop(0))

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        base: str | None = None,
        once: bool = False,
        wait_s: float = 0.0,
    ) -> Any:
        """Send a request and return the JSON of the answer; None for an empty one.

        Args:
            method: Of HTTP.
            path: Behind the URL of the service, percent-encoded.
            params: Of the query.
            body: What is sent as JSON; None sends no body.
            headers: Of this request.
            base: The only URL to ask, where it has to be this one.
            once: Never send it a second time: what it does must not happen twice.
            wait_s: Seconds that the service was asked to wait, beyond the usual time.

        Raises:
            ServiceError: No URL answers, or the service refuses; with its status and error code.
            ConfigurationError: A certificate or key file cannot be used.
        """
        # Imported where it is used: with rich, which it brings along, it takes a quarter of a command's start.
        import httpx

        failures = []
        for _ in range(1 if base else len(self._urls)):
            url = base or self._urls[0]
            try:
                async with asyncio.timeout(self._timeout_s + wait_s):
                    return await self._once(
                        f"{url}{path}", method, params=params, body=body, headers=headers, wait_s=wait_s
                    )
            except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as error:
                why = self._clean(_reason(error, self._timeout_s + wait_s))
                if once and not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
                    raise self._error(
                        f"The {self._settings.service} at {url} gave no whole answer ({why}). It is not known whether "
                        "it did what it was asked, so it was not asked again."
                    ) from None
                failures.append(f"{url}: {why}")
                self.use_next_url()
        raise self._error(
            f"The {self._settings.service} does not answer ({'; '.join(failures)}). Check {self._settings.prefix}_url "
            "and the network."
        )

    async def _once(
        self,
        url: str,
        method: str,
        *,
        params: Mapping[str, str] | None,
        body: Any,
        headers: Mapping[str, str] | None,
        wait_s: float,
    ) -> Any:
        import httpx

        content = None if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
        limits = httpx.Timeout(self._timeout_s + wait_s, connect=min(CONNECT_S, self._timeout_s))
        async with self._opened().stream(
            method, url, params=params, content=content, headers=headers, timeout=limits
        ) as answer:
            text = await self._bounded(answer, url)
        if HTTPStatus.OK <= answer.status_code < HTTPStatus.MULTIPLE_CHOICES:
            return self._parsed(text, url) if text else None
        raise self._refusal(answer, text, url)

    def _opened(self) -> httpx.AsyncClient:
        import httpx

        # Made inside the running loop, at the first request: a connection that asks nothing opens nothing.
        if self._client is None:
            settings = self._settings
            headers = {"Accept-Encoding": "identity", "User-Agent": "eventbus-workbench", **self._headers}
            if settings.token is not None:
                headers["Authorization"] = f"Bearer {settings.token.get_secret_value()}"
            auth = None
            if settings.username is not None and settings.password is not None:
                auth = httpx.BasicAuth(settings.username, settings.password.get_secret_value())
            self._client = httpx.AsyncClient(
                auth=auth,
                headers=headers,
                verify=tls_context(settings),
                # A proxy of the environment cannot reach this machine's own loopback.
                trust_env=not settings.is_loopback,
            )
        return self._client

    async def _bounded(self, answer: httpx.Response, url: str) -> bytes:
        if answer.headers.get("content-encoding", "identity").lower() != "identity":
            raise self._error(f"{url} answers compressed, which was not asked for.", status=answer.status_code)
        body = await bounded_body(answer, self._largest)
        if body is None:
            raise self._error(
                f"{url} answers with more than {size_text(self._largest)}; that is too much, and it was not read.",
                status=answer.status_code,
            )
        return body

    def _parsed(self, text: bytes, url: str) -> Any:
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            start = visible(text[:200].decode("utf-8", "backslashreplace"), 80)
            raise self._error(
                f"{url} does not answer with JSON, as the {self._settings.service} does, but with: {start}. "
                f"Check {self._settings.prefix}_url."
            ) from None

    def _refusal(self, answer: httpx.Response, text: bytes, url: str) -> ServiceError:
        status = answer.status_code
        code, message = _error_of(text)
        if code is None:
            code = status
        said = self._clean(visible(message, _MESSAGE_CHARACTERS)) if message else answer.reason_phrase
        where = "" if status >= HTTPStatus.BAD_REQUEST else f" to {visible(answer.headers.get('location', ''), 200)!r}"
        return self._error(
            f"The {self._settings.service} at {url} answers {code}{where}: {said}{'' if said.endswith('.') else '.'}"
            f"{_hint(status, self._settings.prefix)}",
            status=status,
            error_code=code,
        )

    def _clean(self, text: str) -> str:
        return without_secrets(self._settings, text)


_MOVED = {
    HTTPStatus.MOVED_PERMANENTLY,
    HTTPStatus.FOUND,
    HTTPStatus.TEMPORARY_REDIRECT,
    HTTPStatus.PERMANENT_REDIRECT,
}


def _hint(status: int, prefix: str) -> str:
    if status == HTTPStatus.UNAUTHORIZED:
        return f" Check {prefix}_username and its password, or the token, in the profile."
    if status == HTTPStatus.FORBIDDEN:
        return " This user has no right to it."
    return f" Name that URL as {prefix}_url." if status in _MOVED else ""


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


def _reason(error: Exception, timeout_s: float) -> str:
    import httpx

    if isinstance(error, httpx.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return f"no answer within {duration_text(timeout_s, 's')}"
    return visible(str(error) or type(error).__name__, 200)


async def bounded_body(answer: httpx.Response, most: int) -> bytes | None:
    """Read the body of a streamed answer; None as soon as it is larger than so many bytes."""
    pieces, size = [], 0
    async for piece in answer.aiter_raw():
        size += len(piece)
        if size > most:
            return None
        pieces.append(piece)
    return b"".join(pieces)


def without_secrets(settings: HttpServiceSettings, text: str) -> str:
    """Take the password and the token out of a text: a server may send back what it was sent."""
    for secret in map(_plain, (settings.password, settings.token)):
        text = text.replace(secret, "***") if secret else text
    return text


def tls_context(settings: HttpServiceSettings) -> ssl.SSLContext:
    """Make the TLS context of a service.

    Raises:
        ConfigurationError: A certificate or key file cannot be used.
    """
    if not any(url.startswith("https:") for url in settings.urls):
        # Nothing is encrypted; to read the certificates of the system takes long. This one trusts nobody.
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context = ssl.create_default_context(cafile=settings.cafile)
        if settings.certfile is not None:
            context.load_cert_chain(settings.certfile, settings.keyfile, _plain(settings.key_password) or "")
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            f"A TLS file for the {settings.service} cannot be used (cafile {settings.cafile}, certfile "
            f"{settings.certfile}, keyfile {settings.keyfile}): {error.strerror or error}."
        ) from error
    return context


def _plain(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
