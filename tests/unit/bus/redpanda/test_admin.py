"""The client of the Admin API against a strict server, over real HTTP on loopback."""

from __future__ import annotations

import pytest
import wasmtime
from admin_server import AdminState, admin_server
from pydantic import SecretStr
from wat_guests import guest

from workbench.bus.redpanda import AdminClient
from workbench.bus.redpanda.admin import deploy_body
from workbench.config.admin_api import AdminSettings
from workbench.errors import AuthenticationError, ConfigurationError, TransformError

CODE = bytes(wasmtime.wat2wasm(guest()))


@pytest.fixture
def server():
    with admin_server(AdminState(topics={"orders": 2, "v": 2, "w": 2})) as made:
        yield made


@pytest.fixture
def state(server):
    return server[1]


def client(url, *, user=None, signed_with="geheim", timeout_s=10.0, **more):
    secret = None if user is None else SecretStr(signed_with)
    return AdminClient(AdminSettings(urls=(url,), username=user, password=secret, **more), timeout_s=timeout_s)


async def deploy(admin, name="v", **options):
    given = {"input_topic": "orders", "output_topics": ["v"], **options}
    await admin.deploy(name, given.pop("code", CODE), **given)


def test_the_body_is_one_object_and_the_module_behind_it():
    body = deploy_body("v", b"\0asm\x01\0\0\0", input_topic="orders", output_topics=["v"], offset=("from_start", 0))
    head = b'{"name":"v","input_topic":"orders","output_topics":["v"],"offset":{"format":"from_start","value":0}}'
    assert body == head + bytes.fromhex("0061736d01000000")


async def test_a_transform_lives_from_deployment_to_deletion(server):
    url, state = server
    async with client(url) as admin:
        await deploy(admin, "v é/1", environment={"A": "é"}, compression="zstd")
        assert state.transforms["v é/1"].code == CODE
        assert state.transforms["v é/1"].offset == {"format": "from_start", "value": 0}
        (found,) = await admin.transforms()
        assert (found.name, found.input_topic, found.output_topics) == ("v é/1", "orders", ("v",))
        assert (found.environment, found.compression, found.running) == ({"A": "é"}, "zstd", False)
        assert [(one.partition, one.status, one.lag) for one in found.partitions] == [
            (0, "unknown", 0),
            (1, "unknown", 0),
        ]
        assert (await admin.transforms())[0].running
        await admin.pause("v é/1")
        assert {one.status for one in (await admin.transforms())[0].partitions} == {"inactive"}
        await admin.resume("v é/1")
        await admin.update("v é/1", environment={"B": "2"}, compression="none")
        assert state.transforms["v é/1"].environment == [{"key": "B", "value": "2"}]
        assert [one.offset for one in await admin.committed_offsets()] == [7]
        await admin.delete("v é/1")
        assert await admin.transforms() == []
        assert [one.transform for one in await admin.committed_offsets(show_unknown=True)] == ["v é/1"]
        await admin.collect_offsets()
        assert await admin.committed_offsets(show_unknown=True) == []
        await admin.delete("never there")


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"input_topic": "none"}, "400: unknown topic: none"),
        ({"output_topics": ["none"]}, "unknown topic: none"),
        ({"output_topics": ["v", "v"]}, "invalid create"),
        ({"code": b"\n" + CODE}, "invalid WebAssembly"),
        ({"code": b"\0asm\x01\0\0\0"}, "missing required abi"),
        ({"environment": {"REDPANDA_A": "1"}}, "invalid environment"),
        ({"offset": ("from_start", -1)}, "offset"),
    ],
)
async def test_what_the_broker_refuses_is_an_error_with_its_reason(server, options, why):
    async with client(server[0]) as admin:
        with pytest.raises(TransformError, match=why) as caught:
            await deploy(admin, **options)
    assert (caught.value.name, caught.value.stage) == ("v", "deploy")


async def test_an_update_keeps_topics_and_a_pause_needs_a_transform(server):
    async with client(server[0]) as admin:
        await deploy(admin)
        await deploy(admin)
        with pytest.raises(TransformError, match="invalid update"):
            await deploy(admin, output_topics=["w"])
        with pytest.raises(TransformError, match="unknown transform w") as caught:
            await admin.pause("w")
        assert caught.value.stage == "update"
        with pytest.raises(TransformError, match="needs a name"):
            await admin.delete("")


async def test_credentials_are_needed_and_never_shown(server):
    url, state = server
    state.user, state.others = ("admin", "geheim"), {"reader": "geheim2"}
    async with client(url, user="admin") as admin:
        await deploy(admin)
        assert "geheim" not in repr(admin)
    async with client(url, user="reader", signed_with="geheim2") as reader:
        assert len(await reader.transforms()) == 1
        with pytest.raises(AuthenticationError, match="wants a superuser"):
            await reader.delete("v")
    async with client(url, user="admin", signed_with="falsch-geheim") as admin:
        with pytest.raises(AuthenticationError, match=r"401: Unauthorized: \*\*\*") as caught:
            await admin.transforms()
    assert "falsch" not in str(caught.value)
    async with client(url) as nobody:
        with pytest.raises(AuthenticationError, match="does not accept the credentials"):
            await nobody.transforms()


async def test_redirects_keep_method_and_body_and_credentials_stay_with_the_profile(server):
    url, state = server
    with admin_server(AdminState(topics=state.topics, user=("admin", "geheim"))) as (leader, leading):
        state.redirects = [leader]
        async with client(url, user="admin") as admin:
            await deploy(admin)
        assert leading.transforms["v"].code == CODE
        # The same server by a name that is no host of the profile.
        state.redirects = [leader.replace("127.0.0.1", "localhost")]
        async with client(url, user="admin") as admin:
            with pytest.raises(AuthenticationError):
                await deploy(admin)
        assert "Authorization" not in leading.requests[-1][2]
        state.redirects = [leader.replace("127.0.0.1", "localhost")]
        async with client(url, user="admin", hosts=("localhost",)) as admin:
            await deploy(admin)


@pytest.mark.parametrize(
    ("target", "why"),
    [("ftp://127.0.0.1", "not followed"), ("http://a:b@127.0.0.1", "not followed"), ("http://[", "not followed")],
)
async def test_a_redirect_that_leads_away_is_not_followed(server, target, why):
    server[1].redirects = [target]
    async with client(server[0]) as admin:
        with pytest.raises(TransformError, match=why):
            await admin.transforms()


async def test_redirects_have_an_end(server):
    url, state = server
    state.redirects = [url] * 6
    async with client(url) as admin:
        with pytest.raises(TransformError, match="more than 5 times"):
            await admin.transforms()


async def test_a_busy_broker_is_asked_again_until_the_deadline(server):
    url, state = server
    state.busy = 1
    async with client(url) as admin:
        assert await admin.transforms() == []
    state.busy = 1_000
    async with client(url, timeout_s=0.6) as admin:
        with pytest.raises(TransformError, match=r"within 600 ms \(.*503: no leader\)"):
            await admin.transforms()


async def test_another_url_is_asked_where_one_does_not_answer(server):
    admin = AdminClient(AdminSettings(urls=("http://127.0.0.1:1", server[0])))
    async with admin:
        assert await admin.transforms() == []
    async with client("http://127.0.0.1:1", timeout_s=0.3) as nowhere:
        with pytest.raises(TransformError, match="Check admin_url"):
            await nowhere.transforms()


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"<html>", "does not answer with JSON, but with: <html>"),
        (b"{}", "the answer should be a list"),
        (b"[1]", r"\[0\] should be an object"),
        (b"[{}]", "object with 'output_topics'"),
        (b'[{"name": 1, "input_topic": "a", "output_topics": []}]', "name should be a text"),
        (b'[{"name": "a", "input_topic": "a", "output_topics": [1]}]', "output_topics should be texts"),
        (b'[{"name": "a", "input_topic": "a", "output_topics": [], "status": [{"status": "running"}]}]', "'partition'"),
        (b'[{"name": "a", "input_topic": "a", "output_topics": [], "environment": [1]}]', "an object"),
        (b"[" * 100_000, "does not answer with JSON"),
        (b"[" + b"1," * (9 << 20) + b"1]", "more than 16,777,216 bytes"),
    ],
)
async def test_answers_are_read_strictly_and_up_to_a_size(server, answer, why):
    server[1].answer = answer
    async with client(server[0]) as admin:
        with pytest.raises(TransformError, match=why):
            await admin.transforms()


async def test_a_word_that_is_not_known_is_unknown(server):
    state = '{"node_id": 1, "partition": 0, "status": "resting", "lag": 1}'
    server[
        1
    ].answer = f'[{{"name": "a", "input_topic": "b", "output_topics": [], "status": [{state}], "new": 1}}]'.encode()
    async with client(server[0]) as admin:
        (found,) = await admin.transforms()
    assert found.partitions[0].status == "unknown"
    assert not found.running


async def test_a_certificate_file_that_cannot_be_used_is_named(tmp_path):
    async with AdminClient(AdminSettings(urls=("https://127.0.0.1:1",), cafile=tmp_path / "none.pem")) as admin:
        with pytest.raises(ConfigurationError, match=r"none\.pem"):
            await admin.transforms()


def test_a_password_is_not_sent_readably_to_another_machine():
    with pytest.raises(ConfigurationError, match="not encrypted"):
        client("http://broker.invalid:9644", user="admin")
    client("https://broker.invalid:9644", user="admin", secrets_without_tls=False)
    client("http://broker.invalid:9644", user="admin", secrets_without_tls=True)
