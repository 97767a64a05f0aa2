"""Resolves a profile name, an address, or the default to the profile of one cluster."""

from __future__ import annotations

import difflib
import os
import re
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from workbench.config.address import Address
from workbench.config.admin_api import AdminSettings, admin_urls
from workbench.config.http_proxy import HttpProxySettings
from workbench.config.http_service import HttpServiceSettings, service_urls
from workbench.config.profile import Profile
from workbench.config.schema_registry import SchemaRegistrySettings, registry_urls
from workbench.config.security import clear_text_fault
from workbench.config.settings import load_settings
from workbench.errors import ConfigurationError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic import SecretStr

    from workbench.config.settings import ClusterEntry, Settings

ADDRESS_VARIABLE = "WORKBENCH_ADDRESS"
PROFILE_VARIABLE = "WORKBENCH_PROFILE"
ADMIN_VARIABLE = "WORKBENCH_ADMIN_URL"
REGISTRY_VARIABLE = "WORKBENCH_SCHEMA_REGISTRY_URL"
PROXY_VARIABLE = "WORKBENCH_HTTP_PROXY_URL"
_BARE_WORD = re.compile(r"[A-Za-z0-9_-]+")
_Service = TypeVar("_Service", bound=HttpServiceSettings)


def resolve(
    address: str | None = None,
    environ: Mapping[str, str] | None = None,
    *,
    folder: Path | None = None,
) -> Profile:
    """Return the profile of a cluster, its secrets looked up.

    Args:
        address: Name of a profile in ``workbench.toml``, or an address. Without it ``WORKBENCH_ADDRESS``, then
            ``WORKBENCH_PROFILE``, then the file's default decide.
        environ: Environment to read; by default that of the process.
        folder: Where to look for the file from; by default the working folder.

    Raises:
        ConfigurationError: No cluster is given, a name is unknown, the settings file is not trusted, a secret is not
            where the profile says, or would be sent without TLS.
        MissingExtraError: The profile keeps its password in a keyring and the extra is not installed.
    """
    environ = os.environ if environ is None else environ
    settings = load_settings(environ, folder)
    named = address if address is not None else environ.get(ADDRESS_VARIABLE, "").strip() or None
    if named is not None:
        # What is written as an address is never replaced by a profile of that name.
        entry = None if Address.is_meant(named) else settings.clusters.get(named)
        return _bare(named, settings, environ) if entry is None else _with_secrets(entry, environ, settings)
    wanted = environ.get(PROFILE_VARIABLE, "").strip() or settings.default
    if wanted is None:
        raise ConfigurationError(
            f"No cluster is named. Give an address (kafka://host:9092) or a profile, or set {ADDRESS_VARIABLE}. "
            f"To look around without a broker: cluster = await wb.demo()"
        )
    if wanted not in settings.clusters:
        raise ConfigurationError(f"{PROFILE_VARIABLE} names the profile {wanted!r}; {_choices(settings)}")
    return _with_secrets(settings.clusters[wanted], environ, settings)


def with_registry(profile: Profile, urls: str | None) -> Profile:
    """Return a profile with another schema registry; None leaves it as it is.

    Credentials go along only to servers that they were configured for.

    Raises:
        ConfigurationError: A URL cannot be used.
    """
    if urls is None:
        return profile
    known = profile.schema_registry
    registry = SchemaRegistrySettings(urls=registry_urls(urls)) if known is None else known.for_urls(urls)
    return replace(profile, schema_registry=registry)


def registry_settings(text: str | None = None, environ: Mapping[str, str] | None = None) -> SchemaRegistrySettings:
    """Return the settings of a schema registry without a cluster: by a profile's name, a URL, or the default.

    Raises:
        ConfigurationError: No registry is known by that, or it cannot be used.
    """
    environ = os.environ if environ is None else environ
    if text is not None and "://" in text:
        known = _registry_of_environment(environ)
        return SchemaRegistrySettings(urls=registry_urls(text)) if known is None else known.for_urls(text)
    named = text or environ.get(PROFILE_VARIABLE, "").strip() or load_settings(environ).default
    found = _registry_of_environment(environ) if named is None else resolve(named, environ).schema_registry
    if found is None:
        raise ConfigurationError(
            f"No schema registry is known{f' for {named}' if named else ''}. Give its URL, or set "
            f"schema_registry_url in a profile of workbench.toml, or {REGISTRY_VARIABLE}."
        )
    return found


def http_proxy_settings(text: str | None = None, environ: Mapping[str, str] | None = None) -> HttpProxySettings:
    """Return the settings of an HTTP proxy without a connection: by a profile's name, a URL, or the default.

    Credentials of the environment go along only where its own URL is meant.

    Raises:
        ConfigurationError: No proxy is known by that, or it cannot be used.
    """
    environ = os.environ if environ is None else environ
    if text is not None and "://" in text:
        urls = service_urls(text, HttpProxySettings)
        known = _service_of_environment(HttpProxySettings, environ)
        return known if known is not None and known.urls == urls else HttpProxySettings(urls=urls)
    named = text or environ.get(PROFILE_VARIABLE, "").strip() or load_settings(environ).default
    of_environment = _service_of_environment(HttpProxySettings, environ)
    found = of_environment if named is None else resolve(named, environ).http_proxy
    if found is None:
        raise ConfigurationError(no_http_proxy(named))
    return found


def no_http_proxy(named: str | None) -> str:
    """Say that there is no HTTP proxy, and how one is named."""
    return (
        f"No HTTP proxy is known{f' for {named}' if named else ''}. Set http_proxy_url in a profile of workbench.toml, "
        f"or {PROXY_VARIABLE}."
    )


def _choices(settings: Settings) -> str:
    if settings.path is None:
        return "no workbench.toml was found in the working folder or above it."
    return f"{settings.path} has {', '.join(settings.clusters) or 'no clusters'}."


def _bare(text: str, settings: Settings, environ: Mapping[str, str]) -> Profile:
    near = difflib.get_close_matches(text, settings.clusters, n=1)
    if near and _BARE_WORD.fullmatch(text) and text != "localhost":
        raise ConfigurationError(
            f"There is no profile {text!r}; did you mean {near[0]!r}? {_choices(settings)} "
            f"For a host of that name write kafka://{text}:9092."
        )
    address = Address.parse(text)
    return Profile(
        address=address,
        development=address.is_loopback,
        admin=_admin_of_environment(environ),
        schema_registry=_registry_of_environment(environ),
        http_proxy=_service_of_environment(HttpProxySettings, environ),
    )


def _with_secrets(entry: ClusterEntry, environ: Mapping[str, str], settings: Settings) -> Profile:
    where = f"{settings.path}: clusters.{entry.name}"
    if settings.distrusted is not None and _needs_trust(entry):
        raise ConfigurationError(
            f"{settings.path} {settings.distrusted}, so its cluster {entry.name!r} ({entry.address}) was not used and "
            f"no secret was read: such a file decides where you connect and which secrets are sent. Read it, then run: "
            f"workbench trust {shlex.quote(str(settings.path))}"
        )
    # Before any secret is read.
    fault = clear_text_fault(
        entry.security_protocol, entry.sasl_mechanism, entry.address, allowed=entry.secrets_without_tls
    )
    if fault is not None:
        raise ConfigurationError(f"{where}: {fault} in this profile.")
    password = _from_environment(entry.sasl_password_env, environ, f"{where}.sasl_password_env")
    if entry.sasl_password_keyring is not None:
        password = _from_keyring(entry.sasl_password_keyring, entry.sasl_username, f"{where}.sasl_password_keyring")
    return Profile(
        address=entry.address,
        name=entry.name,
        protected=entry.protected,
        development=entry.development,
        security_protocol=entry.security_protocol,
        sasl_mechanism=entry.sasl_mechanism,
        sasl_username=entry.sasl_username,
        sasl_password=password,
        admin=_admin_of(entry, environ, where),
        sasl_token=_from_environment(entry.sasl_token_env, environ, f"{where}.sasl_token_env"),
        ssl_cafile=entry.ssl_cafile,
        ssl_certfile=entry.ssl_certfile,
        ssl_keyfile=entry.ssl_keyfile,
        ssl_key_password=_from_environment(entry.ssl_key_password_env, environ, f"{where}.ssl_key_password_env"),
        secrets_without_tls=entry.secrets_without_tls,
        schema_registry=_registry_of(entry, environ, where),
        http_proxy=_proxy_of(entry, environ, where),
    )


def _registry_of(entry: ClusterEntry, environ: Mapping[str, str], where: str) -> SchemaRegistrySettings | None:
    """Return the registry of a profile, its secrets looked up; that of the environment where the profile has none."""
    settings = _service_of(SchemaRegistrySettings, entry, environ, where)
    if settings is None:
        return _registry_of_environment(environ)
    return replace(settings, context=entry.schema_registry_context)


def _registry_of_environment(environ: Mapping[str, str]) -> SchemaRegistrySettings | None:
    return _service_of_environment(SchemaRegistrySettings, environ)


def _proxy_of(entry: ClusterEntry, environ: Mapping[str, str], where: str) -> HttpProxySettings | None:
    """Return the HTTP proxy of a profile, or that of the environment; it may lead to the hosts of the address."""
    settings = _service_of(HttpProxySettings, entry, environ, where)
    if settings is None:
        return _service_of_environment(HttpProxySettings, environ)
    return replace(settings, hosts=tuple(host for host, _ in entry.address.hosts))


def _service_of(kind: type[_Service], entry: ClusterEntry, environ: Mapping[str, str], where: str) -> _Service | None:
    """Return an HTTP service of a profile, its secrets looked up; None without its URL."""

    def given(name: str) -> Any:
        return getattr(entry, f"{kind.prefix}_{name}")

    if given("url") is None:
        return None
    password = _from_environment(given("password_env"), environ, f"{where}.{kind.prefix}_password_env")
    if (service := given("password_keyring")) is not None:
        place = f"{where}.{kind.prefix}_password_keyring"
        password = _from_keyring(service, given("username"), place, needs=f"{kind.prefix}_username")
    settings = kind(
        urls=service_urls(given("url"), kind),
        username=given("username"),
        password=password,
        token=_from_environment(given("token_env"), environ, f"{where}.{kind.prefix}_token_env"),
        cafile=given("cafile") or entry.ssl_cafile,
        certfile=given("certfile") or entry.ssl_certfile,
        keyfile=given("keyfile") or entry.ssl_keyfile,
        key_password=_from_environment(entry.ssl_key_password_env, environ, f"{where}.ssl_key_password_env"),
        secrets_without_tls=entry.secrets_without_tls,
    )
    settings.check(where)
    return settings


def _service_of_environment(kind: type[_Service], environ: Mapping[str, str]) -> _Service | None:
    """Return the HTTP service that environment variables name, with its credentials; None without its URL."""
    begin = f"WORKBENCH_{kind.prefix.upper()}"
    if not (text := environ.get(f"{begin}_URL", "").strip()):
        return None
    password, token = environ.get(f"{begin}_PASSWORD"), environ.get(f"{begin}_TOKEN")
    settings = kind(
        urls=service_urls(text, kind),
        username=environ.get(f"{begin}_USERNAME") or None,
        password=_secret(password) if password else None,
        token=_secret(token) if token else None,
    )
    settings.check(f"{begin}_URL")
    return settings


def _admin_of(entry: ClusterEntry, environ: Mapping[str, str], where: str) -> AdminSettings | None:
    """Return the Admin API of a profile, its password looked up; that of the environment where the profile has none."""
    if entry.admin_url is None:
        return _admin_of_environment(environ)
    try:
        urls = admin_urls(entry.admin_url)
    except ConfigurationError as error:
        raise ConfigurationError(f"{where}.admin_url: {error.message}") from error
    settings = AdminSettings(
        urls=urls,
        username=entry.admin_username,
        password=_from_environment(entry.admin_password_env, environ, f"{where}.admin_password_env"),
        hosts=tuple(host for host, _ in entry.address.hosts),
        cafile=entry.ssl_cafile,
        certfile=entry.ssl_certfile,
        keyfile=entry.ssl_keyfile,
        key_password=_from_environment(entry.ssl_key_password_env, environ, f"{where}.ssl_key_password_env"),
        secrets_without_tls=entry.secrets_without_tls,
    )
    settings.check(where)
    return settings


def _admin_of_environment(environ: Mapping[str, str]) -> AdminSettings | None:
    """Return the Admin API that ``WORKBENCH_ADMIN_URL`` names, without credentials; those belong into a profile."""
    text = environ.get(ADMIN_VARIABLE, "").strip()
    return AdminSettings(urls=admin_urls(text)) if text else None


def _needs_trust(entry: ClusterEntry) -> bool:
    """Tell whether a cluster leads to another machine, or uses a secret or a certificate of the user."""
    used = (
        entry.sasl_password_env,
        entry.sasl_password_keyring,
        entry.sasl_token_env,
        entry.admin_password_env,
        entry.ssl_key_password_env,
        entry.ssl_certfile,
        entry.ssl_keyfile,
        entry.schema_registry_password_env,
        entry.schema_registry_password_keyring,
        entry.schema_registry_token_env,
        entry.schema_registry_certfile,
        entry.schema_registry_keyfile,
        entry.http_proxy_password_env,
        entry.http_proxy_password_keyring,
        entry.http_proxy_token_env,
        entry.http_proxy_certfile,
        entry.http_proxy_keyfile,
    )
    if not entry.address.is_loopback or any(name is not None for name in used):
        return True
    if entry.admin_url is not None and not AdminSettings(urls=admin_urls(entry.admin_url)).is_loopback:
        return True
    services = ((SchemaRegistrySettings, entry.schema_registry_url), (HttpProxySettings, entry.http_proxy_url))
    return any(url is not None and not kind(urls=service_urls(url, kind)).is_loopback for kind, url in services)


def _from_environment(variable: str | None, environ: Mapping[str, str], where: str) -> SecretStr | None:
    if variable is None:
        return None
    value = environ.get(variable, "")
    if not value:
        raise ConfigurationError(f"{where}: the environment variable {variable} is not set, or empty.")
    return _secret(value)


def _from_keyring(service: str, username: str | None, where: str, needs: str = "sasl_username") -> SecretStr:
    if username is None:
        raise ConfigurationError(f"{where}: the keyring needs {needs} as well.")
    try:
        import keyring
        import keyring.errors
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("keyring"):
            raise
        raise MissingExtraError("A password kept in the keyring", package="keyring", extra="keyring") from error
    try:
        value = keyring.get_password(service, username)
    except keyring.errors.KeyringError as error:
        raise ConfigurationError(f"{where}: the keyring cannot be read: {error}.") from error
    if not value:
        raise ConfigurationError(
            f"{where}: the keyring has no password of {username!r} for {service!r}. "
            f"Store it with: keyring set {service} {username}"
        )
    return _secret(value)


def _secret(value: str) -> SecretStr:
    from pydantic import SecretStr

    return SecretStr(value)
