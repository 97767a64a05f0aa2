"""Options as kcat writes them."""

from __future__ import annotations

import pytest

from workbench.cli.kcat import bounds
from workbench.errors import ConfigurationError


@pytest.mark.parametrize(
    ("offsets", "end", "found"),
    [
        ([], None, ("end", None)),
        (["beginning"], None, ("beginning", None)),
        (["s@0"], "5", ("@1970-01-01T00:00:00+00:00", "5")),
        (["s@123", "e@999"], None, ("@1970-01-01T00:00:00.123000+00:00", "@1970-01-01T00:00:00.999000+00:00")),
    ],
)
def test_bounds(offsets, end, found):
    assert bounds(offsets, end) == found


@pytest.mark.parametrize("offsets", [["stored"], ["s@"], ["s@x"], ["s@99999999999999999999"], ["1", "2"]])
def test_what_cannot_be_read(offsets):
    with pytest.raises(ConfigurationError):
        bounds(offsets, None)
