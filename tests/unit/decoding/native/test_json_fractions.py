"""Numbers with a fraction are written as Python and numpy write them: with the fewest digits that give them back."""

from __future__ import annotations

import math
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.decoding.native.cbor import CborReader

READER = CborReader()


def double(number: float) -> str:
    return READER.read_one(b"\xfb" + struct.pack(">d", number), 0)[0].decode()


def single(number: float) -> str:
    return READER.read_one(b"\xfa" + struct.pack(">f", number), 0)[0].decode()


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_powers_of_two_and_of_ten_and_their_neighbours(sign):
    for number in (*(math.ldexp(1.0, power) for power in range(-1074, 1024)), *(10.0**n for n in range(-323, 309))):
        for near in (number, math.nextafter(number, 0.0), math.nextafter(number, math.inf)):
            if near < math.inf:
                assert double(sign * near) == repr(sign * near)


@settings(deadline=None, max_examples=2_000)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_number(number):
    assert double(number) == repr(number)


@settings(deadline=None, max_examples=500)
@given(st.integers(-(10**12), 10**12), st.integers(0, 12))
def test_decimals_of_a_few_places(digits, places):
    assert double(digits / 10**places) == repr(digits / 10**places)


@settings(deadline=None, max_examples=2_000)
@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_any_number_of_32_bits(number):
    text = single(number)
    assert np.float32(text) == np.float32(number)
    shortest = np.format_float_scientific(np.float32(number), unique=True, trim="-")
    assert len(_digits(text)) == len(_digits(shortest))
    assert float(text) == float(shortest) or math.isclose(float(text), float(shortest), rel_tol=1e-6)


def _digits(text: str) -> str:
    return text.lower().partition("e")[0].replace(".", "").strip("-0")
