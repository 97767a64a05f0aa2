"""Recognises the usual secrets in a text: tokens, card numbers, e-mail addresses; and names that promise one."""

from __future__ import annotations

import re

JWT = "JWT"
CARD = "card number"
EMAIL = "e-mail"
NAME = "named like a secret"

_JWT = re.compile(r"\beyJ[A-Za-z0-9_-]{5,2000}\.eyJ[A-Za-z0-9_-]{2,4000}\.[A-Za-z0-9_-]{0,2000}")
_CARD = re.compile(r"(?<![\d.-])[2-6](?:[ -]?\d){12,18}(?![\d.-])")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_NAME = re.compile(
    r"(?i)pass(word|wd|phrase)|secret|token|api[_-]?key|authorization|cookie|private[_-]?key|\bssn\b|iban|cvv"
)
_CHARACTERS = 10_000
"""Characters of a text that are looked into."""
_TWO_DIGITS = 9


def kinds_of(text: str) -> list[str]:
    """Return the kinds of secrets that a text holds."""
    part = text[:_CHARACTERS]
    found = []
    if _JWT.search(part):
        found.append(JWT)
    if any(_luhn(match.group()) for match in _CARD.finditer(part)):
        found.append(CARD)
    if "@" in part and _EMAIL.search(part):
        found.append(EMAIL)
    return found


def is_named_like_a_secret(name: str) -> bool:
    """Return whether the name of a member or header promises a secret."""
    return _NAME.search(name) is not None


def _luhn(text: str) -> bool:
    """Check the last digit of a card number, by which one in ten numbers passes."""
    digits = [int(one) for one in text if one.isdigit()]
    doubled = [2 * digit for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(one - _TWO_DIGITS if one > _TWO_DIGITS else one for one in doubled)) % 10 == 0
