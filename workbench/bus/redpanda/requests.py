"""Sends requests to the Admin API: redirects, retries, deadlines, credentials, and answers of bounded size."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import httpx

from workbench.bus.http import bounded_body, tls_context, without_secrets
from workbench.errors import AuthenticationError, TransformError
from workbench.text import duration_text, size_text, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.config.admin_api import AdminSettings

MOST_REDIRECTS = 5
MAX_ANSWER_BYTES = 16 << 20
"""A list of transforms is far smaller; an answer above this is not read."""
_CONNECT_S = 3.0
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.25, 4.0
_MESSAGE_CHARACTERS = 500
_REDIRECTS = {HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT}
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "eventbus-workbench"}
_BUSY = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
_HINTS: Mapping[int, str] = {
    HTTPStatus.BAD_REQUEST: " The log of the broker may say more.",
    HTTPStatus.NOT_FOUND: " Check that admin_url leads to the Admin API of a Redpanda broker.",
    HTTPStatus.INTERNAL_SERVER_ERROR: " The feature may not be active yet on all brokers.",
}


class AdminRequests:
    """Asks the brokers of one cluster; where one does not answer, the next one is asked, and stays the first one."""

    def __init__(self, settings: AdminSettings, *, timeout_s: float) -> None:
        settings.check()
        self._settings = settings
        self._urls = list(settings.urls)
        self._timeout_s = timeout_s
        self._client: httpx.AsyncClient | None = None

    @property
    def name(self) -> str:
        """The URLs as text; they hold no secrets."""
        return ",".join(self._settings.urls)

    async def aclose(self) -> None:
        """Close the connections; harmless when repeated."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def send(
        self,
        method: str,
        path: str,
        *,
        stage: str,
        transform: str = "",
        content: bytes | None = None,
        media: str = "application/json",
    ) -> Any:
        """Send a request and return the JSON of its answer; None for an empty one.

        A broker that is busy or has no leader is asked again until the deadline.

        Args:
            method: The HTTP method.
            path: The path, with what has to be encoded in it.
            stage: What is done; for the error.
            transform: Name of the transform, for the error.
            content: The body.
            media: Its type.

        Raises:
            TransformError: No broker answers, or one refuses.
            AuthenticationError: The credentials are not accepted, or the user is no superuser.
        """
        headers = {} if content is None else {"Content-Type": media}
        last: list[str] = []
        try:
            async with asyncio.timeout(self._timeout_s):
                wait_s = _FIRST_WAIT_S
                while True:
                    status, answer, pause_s = await self._anywhere(method, path, headers, content, last)
                    if status is not None and status not in _BUSY:
                        return self._judged(status, answer, transform, stage)
                    await asyncio.sleep(pause_s if pause_s is not None else wait_s)
                    wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
        except TimeoutError as error:
            said = f" ({last[-1]})" if last else ""
            raise TransformError(
                f"The Admin API at {self.name} did not do it within {duration_text(self._timeout_s, 's')}{said}. "
                "Check admin_url and the brokers; whether it was done is not known.",
                name=transform,
                stage=stage,
            ) from error

    async def _anywhere(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes | None, last: list[str]
    ) -> tuple[int | None, bytes, float | None]:
        """Ask one broker after another; the status is None where none answered."""
        for _ in range(len(self._urls)):
            url = self._urls[0]
            try:
                status, answer, pause_s = await self._redirected(method, f"{url}{path}", headers, content)
            except httpx.HTTPError as error:
                last.append(f"{url}: {visible(self._clean(str(error) or type(error).__name__), 200)}")
                del last[:-1]
                self._urls.append(self._urls.pop(0))
                continue
            if status in _BUSY:
                last[:] = [f"{url} answers {status}: {self._message(answer)}"]
            return status, answer, pause_s
        return None, b"", None

    async def _redirected(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None
    ) -> tuple[int, bytes, float | None]:
        for _ in range(MOST_REDIRECTS + 1):
            status, answer, answered = await self._once(method, url, headers, content)
            pause_s = _seconds(answered.get("retry-after"))
            if status not in _REDIRECTS:
                return status, answer, pause_s
            url = _target(url, answered.get("location", ""))
            if pause_s is not None:
                await asyncio.sleep(pause_s)
        raise TransformError(
            f"The Admin API at {self.name} redirects more than {MOST_REDIRECTS} times. Its brokers may not agree who "
            "leads; try again later.",
            name="",
            stage="redirect",
        )

    async def _once(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None
    ) -> tuple[int, bytes, Mapping[str, str]]:
        settings = self._settings
        auth = None
        if settings.may_have_credentials(url):
            if settings.token is not None:
                headers = {**headers, "Authorization": f"Bearer {settings.token.get_secret_value()}"}
            if settings.username is not None and settings.password is not None:
                auth = httpx.BasicAuth(settings.username, settings.password.get_secret_value())
        async with self._opened().stream(method, url, headers=headers, content=content, auth=auth) as answer:
            body = await bounded_body(answer, MAX_ANSWER_BYTES)
            if body is None:
                raise TransformError(
                    f"{url} answers with more than {size_text(MAX_ANSWER_BYTES)}, which was not read. Check that "
                    "admin_url leads to a Redpanda broker.",
                    name="",
                    stage="list",
                )
            return answer.status_code, body, answer.headers

    def _opened(self) -> httpx.AsyncClient:
        # Made inside the running loop, at the first request.
        if self._client is None:
            self._client = httpx.AsyncClient(
                headers=_HEADERS,
                verify=tls_context(self._settings),
                timeout=httpx.Timeout(self._timeout_s, connect=min(_CONNECT_S, self._timeout_s)),
                # Redirects are followed here, so that a host outside of the profile never sees the credentials.
                follow_redirects=False,
                trust_env=not self._settings.is_loopback,
            )
        return self._client

    def _judged(self, status: int, answer: bytes, transform: str, stage: str) -> Any:
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            try:
                return json.loads(answer) if answer.strip() else None
            except (ValueError, RecursionError):
                start = visible(answer[:200].decode("utf-8", "backslashreplace"), 80)
                raise TransformError(
                    f"The Admin API at {self.name} does not answer with JSON, but with: {start}. Check admin_url.",
                    name=transform,
                    stage=stage,
                ) from None
        said = self._message(answer)
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            why = (
                "does not accept the credentials" if status == HTTPStatus.UNAUTHORIZED else "wants a superuser for this"
            )
            raise AuthenticationError(
                f"The Admin API at {self.name} {why} ({status}: {said}). Check admin_username and its password."
            )
        subject = f"transform {visible(transform, 80)!r}: " if transform else ""
        end = "" if said.endswith(".") else "."
        raise TransformError(
            f"{subject}the Admin API at {self.name} answers {status}: {said}{end}{_HINTS.get(status, '')}",
            name=transform,
            stage=stage,
        )

    def _message(self, answer: bytes) -> str:
        try:
            found = json.loads(answer)
        except (ValueError, RecursionError):
            found = None
        text = found.get("message") if isinstance(found, dict) else None
        if not isinstance(text, str):
            text = answer[:_MESSAGE_CHARACTERS].decode("utf-8", "backslashreplace") or "without a reason"
        return visible(self._clean(text), _MESSAGE_CHARACTERS)

    def _clean(self, text: str) -> str:
        return without_secrets(self._settings, text)


def _target(url: str, location: str) -> str:
    try:
        target = urljoin(url, location)
        parts = urlsplit(target)
        known = parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        known = False
    if not location or not known or (parts.scheme == "http" and urlsplit(url).scheme == "https"):
        raise TransformError(
            f"{url} redirects to {visible(location, 200)!r}, which was not followed: it is no address of a broker, or "
            "less safe than the one that was asked.",
            name="",
            stage="redirect",
        )
    return target


def _seconds(text: str | None) -> float | None:
    """Read ``Retry-After``; a date, or anything else, is not waited for."""
    if text is None or not (text.isascii() and text.isdigit()):
        return None
    return min(float(text), _LONGEST_WAIT_S)
