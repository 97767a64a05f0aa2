"""The settings of a schema registry: its URLs, how to sign in, and which of that may be sent where."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar
from urllib.parse import urlsplit

from workbench.config.http_service import HttpServiceSettings, service_urls


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaRegistrySettings(HttpServiceSettings):
    """Where a schema registry answers, and with which credentials. Secrets are not shown by ``repr``."""

    service: ClassVar[str] = "schema registry"
    prefix: ClassVar[str] = "schema_registry"
    form: ClassVar[str] = "https://host:8081, or several with commas"

    context: str = ""
    """Name of the context whose schemas are asked for, such as ``.staging``; empty for the default one."""

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


def registry_urls(text: str) -> tuple[str, ...]:
    """Read the URLs of a registry, separated by commas.

    Raises:
        ConfigurationError: One is no http or https URL, or holds a user name, a password or a query.
    """
    return service_urls(text, SchemaRegistrySettings)


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return parts.scheme, parts.hostname or "", port
