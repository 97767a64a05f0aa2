"""Reads and validates settings: addresses, cluster profiles and secrets.

Nothing is read at import. `resolve` turns a name or an address into a `Profile`;
`load_settings` reads `workbench.toml`; `trust_file` lets its clusters count.
"""

from workbench.config.address import Address
from workbench.config.folders import cache_folder
from workbench.config.http_proxy import HttpProxySettings
from workbench.config.profile import Profile
from workbench.config.resolve import http_proxy_settings, registry_settings, resolve, with_registry
from workbench.config.schema_registry import SchemaRegistrySettings
from workbench.config.settings import ClusterEntry, Settings, find_file, load_settings, trust_file

__all__ = [
    "Address",
    "ClusterEntry",
    "HttpProxySettings",
    "Profile",
    "SchemaRegistrySettings",
    "Settings",
    "cache_folder",
    "find_file",
    "http_proxy_settings",
    "load_settings",
    "registry_settings",
    "resolve",
    "trust_file",
    "with_registry",
]
