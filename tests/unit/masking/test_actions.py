from __future__ import annotations

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


def test_the_last_characters_stay_only_where_more_are_hidden():
    keep = made(action="keep_last", keep=4)
    assert keep.text("straße-12345".encode()) == "***2345"
    assert keep.text(b"1234567") == "***"
    assert keep.text(b"\xff\xfe") == "***"
    assert keep.bytes(None) is None


def test_removing_and_replacing():
    assert made(action="remove").bytes(b"x") is None
    assert made(action="replace", replacement="gone").bytes(b"x") == b"gone"
