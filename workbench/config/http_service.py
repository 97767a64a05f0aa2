"""The settings that every HTTP service beside a cluster has: URLs, how to sign in, and which of that may go where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import SplitResult, urlsplit

from workbench.config.address import is_loopback_host
from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import SecretStr


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpServiceSettings:
    """Where an HTTP service answers, and with which credentials. Secrets are not shown by ``repr``."""

    service: ClassVar[str] = "HTTP service"
    """What it is called in messages."""
    prefix: ClassVar[str] = "http_service"
    """How its settings begin in ``workbench.toml``, and in capitals behind ``WORKBENCH_`` in the environment."""
    form: ClassVar[str] = "https://host:80, or several with commas"

    urls: tuple[str, ...]
    """Base URLs of the same service, without a slash at the end; the next one is asked where one does not answer."""
    username: str | None = None
    password: SecretStr | None = None
    token: SecretStr | None = None
    """Bearer token; used instead of user name and password."""
    cafile: Path | None = None
    certfile: Path | None = None
    keyfile: Path | None = None
    key_password: SecretStr | None = None
    secrets_without_tls: bool = False
    """Whether credentials may be sent to another machine without TLS."""

    @property
    def is_loopback(self) -> bool:
        """Whether every URL is of this machine."""
        return all(is_loopback_host(_host(url)) for url in self.urls)

    @property
    def name(self) -> str:
        """The URLs as text; they hold no secrets."""
        return ",".join(self.urls)

    def may_have_secrets(self, url: str) -> bool:
        """Tell whether nobody between here and a URL could read what is sent to it, or the user accepts it."""
        return url.startswith("https:") or is_loopback_host(_host(url)) or self.secrets_without_tls

    def check(self, where: str = "") -> None:
        """Refuse settings that contradict each other, or would send a secret readably to another machine.

        Args:
            where: What is said before the fault, such as the place in a settings file.

        Raises:
            ConfigurationError: Says which.
        """
        if (fault := self._fault()) is not None:
            raise ConfigurationError(f"{where}{': ' if where else ''}{fault}.")

    def _fault(self) -> str | None:
        if self.token is not None and self.username is not None:
            return f"give a user name or a token for the {self.service}, not both"
        if self.token is not None and not _fits_a_header(self.token.get_secret_value()):
            # The HTTP client would show such a token in its error.
            return f"the token of the {self.service} has blanks or characters that no HTTP header may have"
        if (self.username is None) != (self.password is None):
            return f"the {self.service} needs a user name and a password together"
        secret = self.username is not None or self.token is not None
        open_urls = [url for url in self.urls if not self.may_have_secrets(url)]
        if secret and open_urls:
            return (
                f"{open_urls[0]} is not encrypted: the network between here and there could read the secret. Use an "
                "https URL; if the network is trusted, set secrets_without_tls = true in the profile"
            )
        return None


def _fits_a_header(token: str) -> bool:
    return token.isascii() and token.isprintable() and " " not in token


def service_urls(text: str, kind: type[HttpServiceSettings]) -> tuple[str, ...]:
    """Read the URLs of a service, separated by commas.

    Raises:
        ConfigurationError: One is no http or https URL, or holds a user name, a password or a query.
    """
    if not isinstance(text, str):
        raise ConfigurationError(f"The URL of the {kind.service} is text ({kind.form}); this is {type(text).__name__}.")
    found = tuple(part.strip().rstrip("/") for part in text.split(",") if part.strip())
    if "@" in text:
        raise ConfigurationError(
            f"The URL of the {kind.service} holds a user name or password, which a notebook would save. Leave out what "
            "stands before the @, and put the credentials into a profile of workbench.toml: "
            f"{kind.prefix}_username and {kind.prefix}_password_env."
        )
    for url in found:
        parts = _split(url)
        if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ConfigurationError(f"{url!r} is no URL of the {kind.service}: write {kind.form}.")
        if parts.query or parts.fragment:
            raise ConfigurationError(f"{url!r}: the URL of the {kind.service} ends before '?' and '#'.")
    if not found:
        raise ConfigurationError(f"No URL of the {kind.service} is given: write {kind.form}.")
    return found


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
