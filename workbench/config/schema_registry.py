"""The settings of a schema registry: its URLs, how to sign in, and which of that may be sent where."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from workbench.config.address import is_loopback_host
from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import SecretStr

_FORM = "https://host:8081, or several with commas"


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaRegistrySettings:
    """Where a schema registry answers, and with which credentials. Secrets are not shown by ``repr``."""

    urls: tuple[str, ...]
    """Base URLs of the same registry, without a slash at the end; the next one is asked where one does not answer."""
    context: str = ""
    """Name of the context whose schemas are asked for, such as ``.staging``; empty for the default one."""
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

    def for_urls(self, text: str) -> SchemaRegistrySettings:
        """Return settings for other URLs; credentials go along only to servers that they were given for.

        Raises:
            ConfigurationError: A URL cannot be used.
        """
        urls = registry_urls(text)
        if {_origin(url) for url in urls} <= {_origin(url) for url in self.urls}:
            return replace(self, urls=urls)
        return SchemaRegistrySettings(urls=urls, context=self.context)

    def shares_server(self, text: str) -> bool:
        """Whether one of these URLs is on the server of one of those."""
        return bool({_origin(url) for url in self.urls} & {_origin(url) for url in registry_urls(text)})

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
            return "give a user name or a token for the schema registry, not both"
        if (self.username is None) != (self.password is None):
            return "the schema registry needs a user name and a password together"
        secret = self.username is not None or self.token is not None
        open_urls = [u for u in self.urls if not u.startswith("https:") and not is_loopback_host(_host(u))]
        if secret and open_urls and not self.secrets_without_tls:
            return (
                f"{open_urls[0]} is not encrypted: the network between here and there could read the secret. Use an "
                "https URL; if the network is trusted, set secrets_without_tls = true in the profile"
            )
        return None


def registry_urls(text: str) -> tuple[str, ...]:
    """Read the URLs of a registry, separated by commas.

    Raises:
        ConfigurationError: One is no http or https URL, or holds a user name, a password or a query.
    """
    if not isinstance(text, str):
        raise ConfigurationError(f"The URL of a schema registry is text ({_FORM}); this is {type(text).__name__}.")
    found = tuple(part.strip().rstrip("/") for part in text.split(",") if part.strip())
    if "@" in text:
        raise ConfigurationError(
            "The URL of the schema registry holds a user name or password, which a notebook would save. Leave out what "
            "stands before the @, and put the credentials into a profile of workbench.toml: "
            "schema_registry_username and schema_registry_password_env."
        )
    for url in found:
        parts = _split(url)
        if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ConfigurationError(f"{url!r} is no URL of a schema registry: write {_FORM}.")
        if parts.query or parts.fragment:
            raise ConfigurationError(f"{url!r}: the URL of a schema registry ends before '?' and '#'.")
    if not found:
        raise ConfigurationError(f"No URL of a schema registry is given: write {_FORM}.")
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


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return parts.scheme, parts.hostname or "", port
