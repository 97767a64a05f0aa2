"""Reads ``workbench.toml``: the nearest one above the working folder, or the one that ``WORKBENCH_CONFIG`` names.

The clusters of a file that was found in a folder count only if the user trusts it (`workbench.config.trust`).
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from workbench.config.address import Address
from workbench.config.http_proxy import HttpProxySettings
from workbench.config.http_service import service_urls
from workbench.config.masking import MaskingSettings, masking_settings
from workbench.config.schema_registry import SchemaRegistrySettings
from workbench.config.trust import digest_of, distrust_reason, remember
from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.config.http_service import HttpServiceSettings
    from workbench.config.schema import ClusterTable, TopicTable
    from workbench.config.views import SavedView

FILE_NAME = "workbench.toml"
FILE_VARIABLE = "WORKBENCH_CONFIG"
_FILES = (
    "ssl_cafile",
    "ssl_certfile",
    "ssl_keyfile",
    "schema_registry_cafile",
    "schema_registry_certfile",
    "schema_registry_keyfile",
    "http_proxy_cafile",
    "http_proxy_certfile",
    "http_proxy_keyfile",
)
"""Settings of a cluster that name a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterEntry:
    """A ``[clusters.NAME]`` table; it names where its secrets are kept, and none is read yet."""

    name: str
    address: Address
    protected: bool
    development: bool
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str | None = None
    sasl_username: str | None = None
    sasl_password_env: str | None = None
    sasl_password_keyring: str | None = None
    sasl_token_env: str | None = None
    admin_url: str | None = None
    admin_username: str | None = None
    admin_password_env: str | None = None
    ssl_cafile: Path | None = None
    ssl_certfile: Path | None = None
    ssl_keyfile: Path | None = None
    ssl_key_password_env: str | None = None
    secrets_without_tls: bool = False
    schema_registry_url: str | None = None
    schema_registry_context: str = ""
    schema_registry_username: str | None = None
    schema_registry_password_env: str | None = None
    schema_registry_password_keyring: str | None = None
    schema_registry_token_env: str | None = None
    schema_registry_cafile: Path | None = None
    """Certificates that may sign the registry's; without it ``ssl_cafile``. The next two likewise."""
    schema_registry_certfile: Path | None = None
    schema_registry_keyfile: Path | None = None
    http_proxy_url: str | None = None
    http_proxy_username: str | None = None
    http_proxy_password_env: str | None = None
    http_proxy_password_keyring: str | None = None
    http_proxy_token_env: str | None = None
    http_proxy_cafile: Path | None = None
    http_proxy_certfile: Path | None = None
    http_proxy_keyfile: Path | None = None


@dataclass(frozen=True, slots=True)
class TopicEntry:
    """What a ``[topics.PATTERN]`` table says of values; no file is read yet."""

    format: str
    schema: Path | None = None
    message: str = ""
    reader_schema: Path | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """The content of a settings file; empty without one."""

    path: Path | None = None
    clusters: Mapping[str, ClusterEntry] = field(default_factory=dict)
    default: str | None = None
    """Name of the cluster that `connect()` without an address uses."""
    conventions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Envelope conventions as written; `workbench.decoding.load_conventions` reads them."""
    topics: Mapping[str, str] = field(default_factory=dict)
    """Envelope convention by topic pattern, in the order of the file."""
    topic_formats: Mapping[str, TopicEntry] = field(default_factory=dict)
    """Format of values by topic pattern, in the order of the file."""
    masking: MaskingSettings = field(default_factory=MaskingSettings)
    """What of records is hidden."""
    views: Mapping[str, SavedView] = field(default_factory=dict)
    """Saved views of the explorer."""
    tail_memory_mb: int | None = None
    """Memory that all live tables share, in MiB; None for the default."""
    max_record_mb: int | None = None
    """Size of the largest record that is read, in MiB; None for the default."""
    distrusted: str | None = None
    """Why clusters that lead elsewhere or use secrets are not used; None for a file that the user trusts."""


def find_file(environ: Mapping[str, str] | None = None, folder: Path | None = None) -> Path | None:
    """Return the settings file that applies, or None.

    Raises:
        ConfigurationError: ``WORKBENCH_CONFIG`` names no file.
    """
    environ = os.environ if environ is None else environ
    if named := environ.get(FILE_VARIABLE, "").strip():
        path = Path(named).expanduser().absolute()
        if not path.is_file():
            raise ConfigurationError(f"{FILE_VARIABLE} names {path}, which is no file. Correct it, or unset it.")
        return path
    start = Path.cwd() if folder is None else folder.absolute()
    return next((path for one in (start, *start.parents) if (path := one / FILE_NAME).is_file()), None)


def load_settings(environ: Mapping[str, str] | None = None, folder: Path | None = None) -> Settings:
    """Read and check the settings file that applies; without one the settings are empty.

    Raises:
        ConfigurationError: The file cannot be read, or a key or value in it is wrong; it names file and key.
    """
    environ = os.environ if environ is None else environ
    path = find_file(environ, folder)
    if path is None:
        return Settings()
    content = _content(path)
    by_user = bool(environ.get(FILE_VARIABLE, "").strip())
    return _settings(path, content, None if by_user else distrust_reason(path, content))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.") from error


def _settings(path: Path, content: bytes, distrusted: str | None) -> Settings:
    from workbench.config.schema import validate

    try:
        raw = tomllib.loads(content.decode())
    except ValueError as error:
        raise ConfigurationError(f"{path} is no TOML: {error}.") from error
    checked = validate(raw, path)
    clusters = {name: _entry(name, table, path) for name, table in checked.clusters.items()}
    default = checked.default or ("default" if "default" in clusters else None)
    if default is not None and default not in clusters:
        raise ConfigurationError(
            f"{path}: default names {default!r}, which is no cluster of it; it has {', '.join(clusters) or 'none'}."
        )
    conventions = MappingProxyType(checked.conventions)
    topics, formats = _topics(checked.topics, path)
    table = checked.masking
    masking = masking_settings([one.model_dump() for one in table.rules], table.salt_env, path, keep_raw=table.keep_raw)
    views = MappingProxyType(checked.views)
    limits = (checked.tail_memory_mb, checked.max_record_mb)
    return Settings(
        path, MappingProxyType(clusters), default, conventions, topics, formats, masking, views, *limits, distrusted
    )


def _topics(tables: Mapping[str, str | TopicTable], path: Path) -> tuple[Mapping[str, str], Mapping[str, TopicEntry]]:
    """Return the conventions and the formats that are fixed for topics."""
    conventions: dict[str, str] = {}
    formats: dict[str, TopicEntry] = {}
    for pattern, table in tables.items():
        if isinstance(table, str):
            conventions[pattern] = table
            continue
        if table.convention is not None:
            conventions[pattern] = table.convention
        files = (_beside(path, table.schema_file), _beside(path, table.reader_schema))
        if table.format is not None:
            formats[pattern] = TopicEntry(table.format, files[0], table.message or "", files[1])
        if table.format is None and (table.convention is None or any(files) or table.message):
            raise ConfigurationError(
                f"{path}: topics.{pattern}: say the format that the schema is of (avro, protobuf, msgpack, cbor)."
            )
        if table.format == "avro" and table.schema_file is None and table.reader_schema is None:
            raise ConfigurationError(f"{path}: topics.{pattern}: Avro needs a schema; name its file with schema.")
    return MappingProxyType(conventions), MappingProxyType(formats)


def trust_file(path: Path | None = None, *, trust: bool = True) -> Settings:
    """Remember that the user trusts a settings file as it is now, and return its settings.

    Args:
        path: The file; by default the one that applies in the working folder.
        trust: False forgets the file instead.

    Raises:
        ConfigurationError: There is no such file, or it is not valid.
    """
    file = find_file() if path is None else path.absolute()
    if file is None:
        raise ConfigurationError(f"No {FILE_NAME} was found in the working folder or above it; name the file to trust.")
    # Read once: what is checked and shown is what the digest is made of.
    content = _content(file)
    settings = _settings(file, content, None)
    remember(file, digest_of(content) if trust else None)
    return settings


def _entry(name: str, table: ClusterTable, path: Path) -> ClusterEntry:
    where = f"{path}: clusters.{name}"
    try:
        address = Address.parse(table.address)
    except ConfigurationError as error:
        raise ConfigurationError(f"{where}.address: {error.message}") from error
    if table.protected and table.development:
        raise ConfigurationError(f"{where}: protected and development exclude each other; leave one out.")
    if table.sasl_password_env and table.sasl_password_keyring:
        raise ConfigurationError(f"{where}: give sasl_password_env or sasl_password_keyring, not both.")
    assumed = address.is_loopback and not table.protected
    for kind in (SchemaRegistrySettings, HttpProxySettings):
        _check_service(where, table, kind)
    facts: dict[str, Any] = table.model_dump(exclude={"address", "development"})
    facts |= {name: _beside(path, facts[name]) for name in _FILES}
    return ClusterEntry(
        name=name,
        address=address,
        development=assumed if table.development is None else table.development,
        **facts,
    )


def _check_service(where: str, table: ClusterTable, kind: type[HttpServiceSettings]) -> None:
    """Refuse settings of an HTTP service that no environment can make right."""
    prefix = kind.prefix
    url, password_env, password_keyring = (
        getattr(table, f"{prefix}_{name}") for name in ("url", "password_env", "password_keyring")
    )
    if password_env and password_keyring:
        raise ConfigurationError(f"{where}: give {prefix}_password_env or {prefix}_password_keyring, not both.")
    if url is not None:
        try:
            service_urls(url, kind)
        except ConfigurationError as error:
            raise ConfigurationError(f"{where}.{prefix}_url: {error.message}") from error
    elif given := sorted(name for name in table.model_fields_set if name.startswith(f"{prefix}_")):
        raise ConfigurationError(f"{where}: {given[0]} needs {prefix}_url.")


def _beside(path: Path, named: str | None) -> Path | None:
    """Resolve a relative path against the folder of the settings file, not against the working folder."""
    return None if named is None else path.parent / Path(named).expanduser()
