"""Loads the configuration of a bus from a cluster profile and from the environment."""

from __future__ import annotations

import os
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from workbench.config import resolve
from workbench.errors import ConfigurationError
from workbench.eventbus.configuration.settings import EventBusConfiguration

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from workbench.config import Profile

PREFIX = "WORKBENCH_BUS_"
"""``WORKBENCH_BUS_ENVIRONMENT=prod`` sets the field ``environment``, and so on."""

_FROM_PROFILE = frozenset(
    {"broker_urls", "security_protocol", "sasl_mechanism", "sasl_username", "sasl_password", "sasl_token_provider"}
    | {"ssl_cafile", "ssl_certfile", "ssl_keyfile", "ssl_key_password", "secrets_without_tls"},
)
_TRUE, _FALSE = frozenset({"1", "true", "yes"}), frozenset({"0", "false", "no"})


def load_configuration(
    profile: str | None = None,
    environ: Mapping[str, str] | None = None,
    *,
    folder: Path | None = None,
    **given: Any,
) -> EventBusConfiguration:
    """Load the configuration of a bus. Arguments win over the environment, that over the profile, that over defaults.

    Brokers and security come from the profile (`workbench.config.resolve`: a name, an address, or what the environment
    names), so that secrets stay where the profile says: in an environment variable or a keyring.

    Args:
        profile: Name of a profile, or an address.
        environ: Environment to read; that of the process unless given.
        folder: Where to look for ``workbench.toml`` from.
        given: Fields of `EventBusConfiguration` that win over everything else.

    Raises:
        ConfigurationError: A variable names no field or has no value of its type, or a secret is missing.
    """
    environ = os.environ if environ is None else environ
    found = {} if "broker_urls" in given else _of_profile(resolve(profile, environ, folder=folder))
    return EventBusConfiguration(**{**found, **_of_environment(environ), **given})


def _of_profile(profile: Profile) -> dict[str, Any]:
    address = profile.address
    urls = [str(address)] if address.scheme == "memory" else [f"{host}:{port}" for host, port in address.hosts]
    found: dict[str, Any] = {
        "backend_type": "redpanda" if address.scheme == "redpanda" else "kafka",
        "broker_urls": urls,
        "security_protocol": profile.security_protocol,
        "sasl_mechanism": profile.sasl_mechanism,
        "sasl_username": profile.sasl_username,
        "sasl_password": profile.sasl_password,
        "ssl_key_password": profile.ssl_key_password,
        "secrets_without_tls": profile.secrets_without_tls,
    }
    for name in ("ssl_cafile", "ssl_certfile", "ssl_keyfile"):
        path = getattr(profile, name)
        found[name] = None if path is None else str(path)
    if (token := profile.sasl_token) is not None:

        async def provide() -> str:
            return token.get_secret_value()

        found["sasl_token_provider"] = provide
    return found


def _of_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    defaults = {field.name: field for field in fields(EventBusConfiguration)}
    found: dict[str, Any] = {}
    for variable in sorted(name for name in environ if name.startswith(PREFIX)):
        name = variable.removeprefix(PREFIX).lower()
        if name not in defaults or name in _FROM_PROFILE:
            settable = ", ".join(f"{PREFIX}{one.upper()}" for one in defaults if one not in _FROM_PROFILE)
            raise ConfigurationError(f"{variable} sets nothing; these can be set: {settable}.")
        found[name] = _parsed(variable, environ[variable], str(defaults[name].type))
    return found


def _parsed(variable: str, text: str, kind: str) -> Any:
    if kind == "int":
        if not text.strip().lstrip("-").isdigit():
            raise ConfigurationError(f"{variable} is {text!r}; it must be a whole number.")
        return int(text)
    if kind == "bool":
        word = text.strip().lower()
        if word not in _TRUE | _FALSE:
            raise ConfigurationError(f"{variable} is {text!r}; it must be true or false.")
        return word in _TRUE
    if kind.startswith("frozenset"):
        return frozenset(part.strip() for part in text.split(",") if part.strip())
    return text
