"""A certificate that is refused is named: expired, for another name, or of an unknown authority."""

from __future__ import annotations

import datetime as dt
import ssl

import certificates
import listeners
import pytest

from workbench.bus import open_log
from workbench.errors import AuthenticationError

KAFKA = listeners.kafka("127.0.0.1", 1)
DAY = dt.timedelta(days=1)


async def refused(pair: certificates.KeyPair, cafile: object) -> str:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    async with listeners.listening(KAFKA, context) as port:
        with pytest.raises(AuthenticationError) as caught:
            await open_log(f"127.0.0.1:{port}", security_protocol="SSL", cafile=cafile).__aenter__()
    return str(caught.value)


async def test_an_expired_certificate_is_said_with_its_date(tmp_path):
    authority = certificates.Authority(tmp_path)
    ended = dt.datetime(2026, 3, 9, 8, 30, tzinfo=dt.UTC)
    said = await refused(authority.issue("broker", "127.0.0.1", valid=(ended - DAY, ended)), authority.certificate)
    assert "expired on Mar  9 08:30:00 2026 GMT (broker)" in said


async def test_a_certificate_of_the_future_is_said_with_its_date(tmp_path):
    authority = certificates.Authority(tmp_path)
    begins = dt.datetime(2090, 1, 2, tzinfo=dt.UTC)
    said = await refused(authority.issue("broker", "127.0.0.1", valid=(begins, begins + DAY)), authority.certificate)
    assert "is not valid before Jan  2 00:00:00 2090 GMT" in said


@pytest.mark.parametrize(
    ("hosts", "names"), [(["kafka.example.org", "10.1.2.3"], "kafka.example.org, 10.1.2.3"), ([], "no name")]
)
async def test_a_certificate_for_another_name_is_said_with_its_names(tmp_path, hosts, names):
    authority = certificates.Authority(tmp_path)
    said = await refused(authority.issue("broker", *hosts), authority.certificate)
    assert f"is valid for {names}, not for 127.0.0.1" in said


async def test_an_unknown_authority_is_said_with_its_name(tmp_path):
    (tmp_path / "other").mkdir()
    authority = certificates.Authority(tmp_path, "Plant 4 root")
    other = certificates.Authority(tmp_path / "other")
    said = await refused(authority.issue("broker", "127.0.0.1"), other.certificate)
    assert f"is signed by Plant 4 root, which is not in cafile {other.certificate} (broker)" in said
    assert "Set ssl_cafile" in said
