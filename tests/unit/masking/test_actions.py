from __future__ import annotations

import hmac

import pytest

from workbench.config.masking import MaskingRule
from workbench.masking.actions import replacer


def made(salt="a long enough salt", **facts):
    return replacer(MaskingRule(topics=("*",), **facts), salt)


def test_hashes_are_stable_within_a_salt():
    one = made(action="hash")
    assert one.text(b"secret") == made(action="hash").text(b"secret")
    assert one.text(b"secret") != made(action="hash", salt="another salt 1234").text(b"secret")
    assert one.text(b"secret") != one.text(b"secret2")
    assert "salt" not in repr(one)


@pytest.mark.parametrize("salt", ["a long enough salt", "x" * 64, "y" * 65, "ü" * 40])
def test_a_hash_is_the_hmac_of_the_standard_library(salt):
    for value in (b"", b"secret", b"\x00" * 200):
        digest = hmac.new(salt.encode(), value, "sha256").hexdigest()
        assert made(action="hash", salt=salt).text(value) == f"masked:{digest[:16]}"


def test_the_last_characters_stay_only_where_more_are_hidden():
    keep = made(action="keep_last", keep=4)
    assert keep.text("straße-12345".encode()) == "***2345"
    assert keep.text(b"1234567") == "***"
    assert keep.text(b"\xff\xfe") == "***"
    assert keep.bytes(None) is None


def test_removing_and_replacing():
    assert made(action="remove").bytes(b"x") is None
    assert made(action="replace", replacement="gone").bytes(b"x") == b"gone"
