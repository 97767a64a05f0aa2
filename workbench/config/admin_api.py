"""The settings of a Redpanda Admin API: its URLs, how to sign in, and where the credentials may go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from workbench.config.address import is_loopback_host
from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import SecretStr

_FORM = "http://host:9644, or several with commas"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminSettings:
    """Where the Admin API of a cluster answers, and with which credentials. Secrets are not shown by ``repr``."""

    urls: tuple[str, ...]
    """Base URLs of brokers, without a slash at the end; the next one is asked where one does not answer."""
    username: str | None = None
    password: SecretStr | None = None
    hosts: tuple[str, ...] = ()
    """Further hosts of the cluster that the credentials may go to when a broker redirects: those of its address."""
    cafile: Path | None = None
    certfile: Path | None = None
    keyfile: Path | None = None
    key_password: SecretStr | None = None
    secrets_without_tls: bool = False
    """Whether credentials may be sent to another machine without TLS."""

    @property
    def is_loopback(self) -> bool:
        """Whether every URL is of this machine."""
        return all(is_loopback_host(urlsplit(url).hostname or "") for url in self.urls)

    def may_have_credentials(self, url: str) -> bool:
        """Tell whether a URL is of the profile, and safe enough for its credentials."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        known = {urlsplit(one).hostname for one in self.urls} | set(self.hosts)
        safe = parts.scheme == "https" or is_loopback_host(host) or self.secrets_without_tls
        return host in known and safe

    def check(self, where: str = "") -> None:
        """Refuse settings that contradict each other, or would send a secret readably to another machine.

        Args:
            where: What is said before the fault, such as the place in a settings file.

        Raises:
            ConfigurationError: Says which.
        """
        fault = None
        if (self.username is None) != (self.password is None):
            fault = "the Admin API needs a user name and a password together"
        elif self.username is not None and not all(map(self.may_have_credentials, self.urls)):
            fault = (
                "an admin_url is not encrypted: the network between here and there could read the password. Use an "
                "https URL; if the network is trusted, set secrets_without_tls = true in the profile"
            )
        if fault is not None:
            raise ConfigurationError(f"{where}{': ' if where else ''}{fault}.")


def admin_urls(text: str) -> tuple[str, ...]:
    """Read the URLs of an Admin API, separated by commas.

    Raises:
        ConfigurationError: One is no http or https URL, or holds a user name, a password, a path or a query.
    """
    found = tuple(part.strip().rstrip("/") for part in text.split(",") if part.strip())
    if "@" in text:
        raise ConfigurationError(
            "The URL of the Admin API holds a user name or password, which a notebook would save. Leave out what "
            "stands before the @, and put the credentials into a profile of workbench.toml: admin_username and "
            "admin_password_env."
        )
    for url in found:
        parts = _split(url)
        if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ConfigurationError(f"{url!r} is no URL of an Admin API: write {_FORM}.")
        if parts.path or parts.query or parts.fragment:
            raise ConfigurationError(f"{url!r}: the URL of an Admin API ends after the port.")
    if not found:
        raise ConfigurationError(f"No URL of an Admin API is given: write {_FORM}.")
    return found


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts
