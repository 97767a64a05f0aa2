"""The settings of a Redpanda Admin API: those of an HTTP service, and where a redirect may take the credentials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from workbench.config.http_service import HttpServiceSettings, service_urls
from workbench.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminSettings(HttpServiceSettings):
    """Where the Admin API of a cluster answers, and with which credentials. Secrets are not shown by ``repr``."""

    service: ClassVar[str] = "Admin API"
    prefix: ClassVar[str] = "admin"
    form: ClassVar[str] = "http://host:9644, or several with commas"

    hosts: tuple[str, ...] = ()
    """Further hosts of the cluster that the credentials may go to when a broker redirects: those of its address."""

    def may_have_credentials(self, url: str) -> bool:
        """Tell whether a URL is of the profile, and safe enough for its credentials."""
        known = {urlsplit(one).hostname for one in self.urls} | set(self.hosts)
        return (urlsplit(url).hostname or "") in known and self.may_have_secrets(url)


def admin_urls(text: str) -> tuple[str, ...]:
    """Read the URLs of an Admin API, separated by commas.

    Raises:
        ConfigurationError: One is no http or https URL, or holds a user name, a password, a path or a query.
    """
    found = service_urls(text, AdminSettings)
    for url in found:
        if urlsplit(url).path:
            raise ConfigurationError(f"{url!r}: the URL of the Admin API ends after the port.")
    return found
