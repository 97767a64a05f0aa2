"""What is put in the place of a value: nothing, a hash, a replacement, or its last characters."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.config.masking import Action, MaskingRule

HASH_PREFIX = "masked:"
_HASH_DIGITS = 16
_STARS = "***"


@dataclass(frozen=True, slots=True, repr=False)
class Replacer:
    """Masks texts and bytes as one rule says."""

    action: Action
    replacement: str
    keep: int
    keyed: hmac.HMAC
    """HMAC-SHA256 with the salt as its key. Each value gets a copy, because that costs less than keying anew."""

    def text(self, plain: bytes) -> str | None:
        """Return what stands for a value; None where nothing does.

        A value gives the same hash wherever it stands, so that records can still be joined by it.
        """
        if self.action == "remove":
            return None
        if self.action == "hash":
            digest = self.keyed.copy()
            digest.update(plain)
            return HASH_PREFIX + digest.hexdigest()[:_HASH_DIGITS]
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
    return Replacer(rule.action, rule.replacement, rule.keep, hmac.new(salt.encode(), digestmod="sha256"))
