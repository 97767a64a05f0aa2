"""What is put in the place of a value: nothing, a hash, a replacement, or its last characters."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.config.masking import Action, MaskingRule

HASH_PREFIX = "masked:"
_HASH_DIGITS = 16
_BLOCK_BYTES = 64
_STARS = "***"


class KeyedHash:
    """HMAC-SHA256 (RFC 2104) with one key: what depends on the key alone is computed once, which halves the time."""

    def __init__(self, key: bytes) -> None:
        block = (hashlib.sha256(key).digest() if len(key) > _BLOCK_BYTES else key).ljust(_BLOCK_BYTES, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))

    def digits(self, plain: bytes) -> str:
        """Return the first hexadecimal digits of the hash of a value."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(plain)
        outer.update(inner.digest())
        return outer.hexdigest()[:_HASH_DIGITS]


@dataclass(frozen=True, slots=True, repr=False)
class Replacer:
    """Masks texts and bytes as one rule says."""

    action: Action
    replacement: str
    keep: int
    keyed: KeyedHash

    def text(self, plain: bytes) -> str | None:
        """Return what stands for a value; None where nothing does.

        A value gives the same hash wherever it stands, so that records can still be joined by it.
        """
        if self.action == "remove":
            return None
        if self.action == "hash":
            return HASH_PREFIX + self.keyed.digits(plain)
        if self.action == "replace":
            return self.replacement
        shown = plain.decode("utf-8", "replace")
        # At most half of a text is left readable: four of six digits would tell nearly all.
        return _STARS + (shown[-self.keep :] if self.keep and len(shown) >= 2 * self.keep else "")

    def bytes(self, plain: bytes | None) -> bytes | None:
        """Mask a key or the value of a header; one that is null stays null."""
        if plain is None:
            return None
        shown = self.text(plain)
        return None if shown is None else shown.encode()


def replacer(rule: MaskingRule, salt: str) -> Replacer:
    """Return the replacer of a rule."""
    return Replacer(rule.action, rule.replacement, rule.keep, KeyedHash(salt.encode()))
