from __future__ import annotations

from datetime import UTC, datetime

import pytest

from workbench.errors import WindowError
from workbench.session.times import moment, moment_ms

AT = datetime(2026, 1, 1, 10, tzinfo=UTC)


def test_a_time_is_a_datetime_or_a_text():
    assert moment("@2026-01-01T10:00:00Z") == moment(AT) == AT
    assert moment_ms(AT) == round(AT.timestamp() * 1000)


def test_a_time_keeps_its_microseconds_and_may_be_older_than_any_record():
    exact = AT.replace(microsecond=500)
    assert moment(exact) == moment(exact.replace(tzinfo=None)) == moment("@2026-01-01T10:00:00.0005Z") == exact
    assert moment("@2026-01-01T11:00:00.0005+01:00") == exact
    assert moment("@0001-01-01T00:00:00Z").year == 1
    assert moment("@9999-12-31T23:59:59.999999Z").year == 9999
    with pytest.raises(WindowError, match="cannot be read"):
        moment("@99999-01-01T00:00:00Z")


def test_none_stays_none():
    assert moment(None) is None
    assert moment_ms(None) is None


@pytest.mark.parametrize("bound", [1200, "start", "-15m"])
def test_another_bound_is_refused(bound):
    with pytest.raises(WindowError, match="no time"):
        moment(bound)
