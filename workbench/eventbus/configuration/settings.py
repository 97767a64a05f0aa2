"""The contract's configuration of a bus, checked when it is made."""
# ruff: noqa: UP006, UP035, UP045 - the spellings are the contract's

from __future__ import annotations

import dataclasses
import re
from collections.abc import Awaitable, Callable  # noqa: TC003 - type hints are read at run time
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, List, Literal, Optional, get_type_hints

from pydantic import ConfigDict, Secret, SecretStr, TypeAdapter, create_model
from pydantic import ValidationError as PydanticError

from workbench.config import Address
from workbench.config.security import clear_text_fault, security_faults, uses_sasl
from workbench.errors import ConfigurationError

_NAME = re.compile(r"[a-z0-9-]+")
_BROKER = re.compile(r"(?:(?:kafka|redpanda)://)?[^/@\s]+:\d+|memory://[^/@\s]+")


@dataclass
class EventBusConfiguration:
    """Configures a bus. The first eleven fields are the contract's, in its order.

    Secrets are secret types: they do not appear in ``repr`` and are masked by ``dataclasses.asdict``.

    Raises:
        ConfigurationError: A field has a wrong type, or fields contradict each other; all faults are named.
    """

    backend_type: Literal["kafka", "redpanda"] = "kafka"
    broker_urls: List[str] = field(default_factory=lambda: ["localhost:9092"])
    environment: str = "dev"
    topic_prefix: str = "onex"
    batch_size: int = 100
    """Events per concurrent publish batch; never a client's byte setting."""
    max_poll_records: int = 500
    session_timeout_ms: int = 30000
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: Optional[str] = None
    enable_metrics: bool = True
    metrics_port: int = 8081
    """Bound to loopback only; 0 means any free port."""
    _: KW_ONLY
    sasl_username: Optional[str] = None
    sasl_password: Optional[SecretStr] = None
    sasl_token_provider: Optional[Secret[Callable[[], Awaitable[str]]]] = None
    ssl_cafile: Optional[str] = None
    ssl_certfile: Optional[str] = None
    ssl_keyfile: Optional[str] = None
    ssl_key_password: Optional[SecretStr] = None
    admin_url: Optional[str] = None
    schema_registry_url: Optional[str] = None
    http_proxy_url: Optional[str] = None
    require_security_context: bool = False
    extra_event_types: frozenset[str] = frozenset()
    read_only: bool = False
    publish_timeout_ms: int = 30000
    secrets_without_tls: bool = False
    """Whether credentials may be sent to another machine without TLS."""

    def __post_init__(self) -> None:
        for name in ("sasl_password", "ssl_key_password"):
            value: object = getattr(self, name)
            if isinstance(value, str):
                setattr(self, name, SecretStr(value))
        provider: Any = self.sasl_token_provider
        if callable(provider):
            self.sasl_token_provider = Secret(provider)
        faults = _type_faults(self) or list(_rule_faults(self))
        if faults:
            raise ConfigurationError(f"The event bus cannot be configured like this: {'; '.join(faults)}.")

    @property
    def is_memory(self) -> bool:
        """Whether the addresses name an embedded cluster (``memory://``)."""
        return self.broker_urls[0].startswith("memory://")


def _type_faults(config: EventBusConfiguration) -> list[str]:
    values = {f.name: getattr(config, f.name) for f in dataclasses.fields(config)}
    try:
        _checker().validate_python(values)
    except PydanticError as error:
        return [
            f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_context=False, include_input=False)
        ]
    return []


def _checker() -> TypeAdapter[Any]:
    hints = get_type_hints(EventBusConfiguration)
    fields: dict[str, Any] = {
        f.name: (Any if f.name == "sasl_token_provider" else hints[f.name], ...)
        for f in dataclasses.fields(EventBusConfiguration)
    }
    strict = ConfigDict(strict=True, arbitrary_types_allowed=True, hide_input_in_errors=True)
    return TypeAdapter(create_model("EventBusFields", __config__=strict, **fields))


def _rule_faults(config: EventBusConfiguration) -> list[str]:
    return [*_broker_faults(config), *_name_faults(config), *_number_faults(config), *_security_faults(config)]


def _broker_faults(config: EventBusConfiguration) -> list[str]:
    faults = [f"broker_urls: {_shown(url)} is no host:port" for url in config.broker_urls if not _BROKER.fullmatch(url)]
    if not config.broker_urls:
        faults.append("broker_urls: name at least one broker")
    memory = [url for url in config.broker_urls if url.startswith("memory://")]
    if memory and len(memory) != len(config.broker_urls):
        faults.append("broker_urls: memory:// and broker addresses cannot be mixed")
    if len(set(memory)) > 1:
        faults.append("broker_urls: one memory:// name is one cluster; give a single one")
    return faults


def _shown(url: str) -> str:
    return "a URL with credentials (put them into sasl_username and sasl_password)" if "@" in url else repr(url)


def _name_faults(config: EventBusConfiguration) -> list[str]:
    return [
        f"{name}: {value!r} must be lower-case letters, digits and hyphens"
        for name, value in (("environment", config.environment), ("topic_prefix", config.topic_prefix))
        if not _NAME.fullmatch(value)
    ]


def _number_faults(config: EventBusConfiguration) -> list[str]:
    least = {
        "batch_size": 1,
        "max_poll_records": 1,
        "session_timeout_ms": 1,
        "publish_timeout_ms": 1,
        "metrics_port": 0,
    }
    faults = [f"{name}: must be at least {low}" for name, low in least.items() if getattr(config, name) < low]
    if config.metrics_port > 65_535:  # noqa: PLR2004 - the highest port there is
        faults.append("metrics_port: the highest port is 65535")
    return faults


def _security_faults(config: EventBusConfiguration) -> list[str]:
    found = security_faults(config.security_protocol, config.sasl_mechanism)
    faults = [f"{setting}: {fault}" for setting, fault in found]
    if faults or _broker_faults(config) or config.is_memory or not uses_sasl(config.security_protocol):
        return faults
    fault = clear_text_fault(
        config.security_protocol, config.sasl_mechanism, address_of(config), allowed=config.secrets_without_tls
    )
    return [] if fault is None else [f"security_protocol: {fault} in the configuration"]


def address_of(config: EventBusConfiguration) -> Address:
    """Return the address of all brokers together."""
    hosts = ",".join(url.partition("://")[2] or url for url in config.broker_urls)
    return Address.parse(config.broker_urls[0] if config.is_memory else f"kafka://{hosts}")
