"""Masking rules of ``workbench.toml``: which parts of which records are hidden, and how."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from pydantic import SecretStr

Action: TypeAlias = Literal["remove", "hash", "replace", "keep_last"]

LEAST_SALT_CHARACTERS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskingRule:
    """A ``[[masking.rules]]`` table."""

    topics: tuple[str, ...]
    """Shell patterns of topic names."""
    action: Action
    paths: tuple[str, ...] = ()
    """Members of values that are masked: ``card.number``; ``*`` is any member, ``**`` any number of them."""
    allow: tuple[str, ...] = ()
    """The members of values that are not masked, where all others are."""
    value: bool = False
    """Whether the whole value is masked."""
    headers: tuple[str, ...] = ()
    """Shell patterns of the names of headers that are masked."""
    allow_headers: tuple[str, ...] | None = None
    """The names of headers that are not masked, where all others are."""
    key: bool = False
    replacement: str = "***"
    keep: int = 4
    """Characters that ``keep_last`` leaves readable."""

    def stored(self) -> str:
        """Return the rule as text that is stored with what it masked, and compared."""
        return json.dumps(asdict(self), sort_keys=True)


@dataclass(frozen=True, slots=True)
class MaskingSettings:
    """The table ``[masking]``."""

    rules: tuple[MaskingRule, ...] = ()
    salt_env: str | None = None
    """Environment variable that holds the salt of hashes."""
    keep_raw: bool = False
    """Whether captures keep the raw bytes of masked records, in a file beside the snapshot, for replays."""

    def salt(self, environ: Mapping[str, str]) -> SecretStr:
        """Read the salt; it may be absent where no rule hashes.

        Raises:
            ConfigurationError: A rule hashes, and there is no salt or a short one.
        """
        # pydantic is a tenth of a command's start, and most have no use for it.
        from pydantic import SecretStr

        text = environ.get(self.salt_env or "", "")
        if any(rule.action == "hash" for rule in self.rules) and len(text) < LEAST_SALT_CHARACTERS:
            where = self.salt_env or "the variable that salt_env of [masking] names"
            raise ConfigurationError(
                f"Masking by hash needs a salt of at least {LEAST_SALT_CHARACTERS} characters: set {where}. Without it "
                "anybody could find a masked value by hashing guesses."
            )
        return SecretStr(text)


def masking_settings(
    rules: Iterable[Mapping[str, Any]], salt_env: str | None, path: Path, *, keep_raw: bool = False
) -> MaskingSettings:
    """Check the rules of a file and return them as settings.

    Raises:
        ConfigurationError: A rule masks nothing, or says two things at once.
    """
    made = []
    for number, one in enumerate(rules, start=1):
        facts: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in one.items()
        }
        rule = MaskingRule(**facts)
        where = f"{path}: masking rule {number}"
        if not rule.topics:
            raise ConfigurationError(f"{where}: name the topics that it is for.")
        if sum(map(bool, (rule.paths, rule.allow, rule.value))) > 1:
            raise ConfigurationError(f"{where}: give one of paths, allow and value.")
        if rule.headers and rule.allow_headers is not None:
            raise ConfigurationError(f"{where}: give headers or allow_headers, not both.")
        if not (rule.paths or rule.allow or rule.value or rule.headers or rule.key or rule.allow_headers is not None):
            raise ConfigurationError(f"{where}: it masks nothing; give paths, allow, value, headers or key.")
        for text in (*rule.paths, *rule.allow):
            if not all(text.removeprefix("$.").split(".")):
                raise ConfigurationError(f"{where}: {text!r} is no path; write it like card.number or **.email.")
        made.append(rule)
    return MaskingSettings(tuple(made), salt_env, keep_raw)
