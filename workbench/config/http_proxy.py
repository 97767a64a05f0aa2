"""The settings of Redpanda's HTTP proxy: its URLs, how to sign in, and which further hosts are of the cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from workbench.config.http_service import HttpServiceSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpProxySettings(HttpServiceSettings):
    """Where the HTTP proxy of a cluster answers, and with which credentials. Secrets are not shown by ``repr``."""

    service: ClassVar[str] = "HTTP proxy"
    prefix: ClassVar[str] = "http_proxy"
    form: ClassVar[str] = "https://host:8082, or several with commas"

    hosts: tuple[str, ...] = ()
    """Further hosts of the cluster that a consumer instance may be on: those of its address."""

    def is_of_cluster(self, url: str) -> bool:
        """Tell whether a URL that the proxy named is of a host that the profile names."""
        try:
            parts = urlsplit(url)
            _ = parts.port
        except ValueError:
            return False
        known = {urlsplit(one).hostname for one in self.urls} | set(self.hosts)
        return parts.scheme in {"http", "https"} and parts.hostname in known and "@" not in url
