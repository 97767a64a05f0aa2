"""Validates ``workbench.toml`` with pydantic models."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workbench.config.masking import Action  # noqa: TC001 - pydantic reads the hints
from workbench.config.security import SaslMechanism, SecurityProtocol  # noqa: TC001 - pydantic reads the hints
from workbench.config.views import SavedView
from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic_core import ErrorDetails

_SECRETS = {
    "password": "sasl_password_env",
    "sasl_password": "sasl_password_env or sasl_password_keyring",
    "sasl_token": "sasl_token_env",
    "admin_password": "admin_password_env",
    "ssl_key_password": "ssl_key_password_env",
    "schema_registry_password": "schema_registry_password_env or schema_registry_password_keyring",
    "schema_registry_token": "schema_registry_token_env",
    "http_proxy_password": "http_proxy_password_env or http_proxy_password_keyring",
    "http_proxy_token": "http_proxy_token_env",
}


class ClusterTable(BaseModel):
    """``[clusters.NAME]``."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    address: str
    protected: bool = False
    development: bool | None = None
    security_protocol: SecurityProtocol = "PLAINTEXT"
    sasl_mechanism: SaslMechanism | None = None
    sasl_username: str | None = None
    sasl_password_env: str | None = None
    sasl_password_keyring: str | None = None
    sasl_token_env: str | None = None
    admin_url: str | None = None
    admin_username: str | None = None
    admin_password_env: str | None = None
    ssl_cafile: str | None = None
    ssl_certfile: str | None = None
    ssl_keyfile: str | None = None
    ssl_key_password_env: str | None = None
    secrets_without_tls: bool = False
    schema_registry_url: str | None = None
    schema_registry_context: str = ""
    schema_registry_username: str | None = None
    schema_registry_password_env: str | None = None
    schema_registry_password_keyring: str | None = None
    schema_registry_token_env: str | None = None
    schema_registry_cafile: str | None = None
    schema_registry_certfile: str | None = None
    schema_registry_keyfile: str | None = None
    http_proxy_url: str | None = None
    http_proxy_username: str | None = None
    http_proxy_password_env: str | None = None
    http_proxy_password_keyring: str | None = None
    http_proxy_token_env: str | None = None
    http_proxy_cafile: str | None = None
    http_proxy_certfile: str | None = None
    http_proxy_keyfile: str | None = None


class TopicTable(BaseModel):
    """``[topics.PATTERN]``; a text in its place is the convention alone."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    convention: str | None = None
    format: Literal["avro", "protobuf", "msgpack", "cbor"] | None = None
    schema_file: str | None = Field(default=None, alias="schema")
    message: str | None = None
    reader_schema: str | None = None


class MaskingRuleTable(BaseModel):
    """``[[masking.rules]]``."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    topics: list[str]
    action: Action
    paths: list[str] = Field(default_factory=list)
    allow: list[str] = Field(default_factory=list)
    value: bool = False
    headers: list[str] = Field(default_factory=list)
    allow_headers: list[str] | None = None
    key: bool = False
    replacement: str = Field(default="***", min_length=1, max_length=100)
    keep: int = Field(default=4, ge=1, le=100)


class MaskingTable(BaseModel):
    """``[masking]``."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    salt_env: str | None = None
    keep_raw: bool = False
    rules: list[MaskingRuleTable] = Field(default_factory=list)


class SettingsFile(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    default: str | None = None
    clusters: dict[str, ClusterTable] = Field(default_factory=dict)
    conventions: dict[str, dict[str, Any]] = Field(default_factory=dict)
    topics: dict[str, str | TopicTable] = Field(default_factory=dict)
    masking: MaskingTable = MaskingTable()
    views: dict[str, SavedView] = Field(default_factory=dict)
    tail_memory_mb: int | None = Field(default=None, ge=16, le=1 << 20)
    max_record_mb: int | None = Field(default=None, ge=1, le=1024)


_TABLES: dict[str, type[BaseModel]] = {"clusters": ClusterTable, "masking": MaskingRuleTable, "views": SavedView}


def validate(raw: dict[str, Any], path: Path) -> SettingsFile:
    """Check the parsed file.

    Raises:
        ConfigurationError: Names the file and, for every fault, the key and what is allowed there.
    """
    try:
        return SettingsFile.model_validate(raw)
    except ValidationError as error:
        faults = "; ".join(_sentence(one) for one in error.errors(include_url=False, include_input=False))
    # Outside the handler, so that the library's error, which quotes the input, is not even its context.
    raise ConfigurationError(f"{path} cannot be used: {faults}.")


def _sentence(error: ErrorDetails) -> str:
    place = [str(part) for part in error["loc"]]
    key = ".".join(place)
    if error["type"] != "extra_forbidden":
        return f"{key}: {error['msg'][0].lower()}{error['msg'][1:]}"
    if place[-1] in _SECRETS:
        return f"{key}: a secret does not belong in the file; say where it is kept with {_SECRETS[place[-1]]}"
    table = _TABLES.get(place[0], SettingsFile)
    allowed = sorted(table.model_fields)
    near = difflib.get_close_matches(place[-1], allowed, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    return f"{key}: unknown key ({hint}allowed: {', '.join(allowed)})"
