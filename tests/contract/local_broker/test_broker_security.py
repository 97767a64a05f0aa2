"""The packaged broker with TLS, SASL and rights, met by a real client."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest
from certificates import Authority

import workbench as wb
from workbench.bus import open_log
from workbench.bus.kafka import local
from workbench.bus.kafka.local import launch
from workbench.bus.kafka.local.jars import ensure
from workbench.bus.kafka.local.java import find_java
from workbench.bus.kafka.local.ports import free_ports
from workbench.bus.topic_rows import topic_rows
from workbench.capture import Beginning, capture, resolve_spans
from workbench.config import cache_folder
from workbench.decoding import Decoder
from workbench.errors import AuthenticationError, ReplayRefused
from workbench.live.explorer.desk import DeskParts, ExplorerDesk
from workbench.model import NewRecord, TopicPartition
from workbench.model.selecting.topic_selection import parse_topics
from workbench.model.selecting.window import parse_bound
from workbench.session.cluster_acts import act_journal
from workbench.store import SnapshotStore
from workbench.testing import wait_until

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(240)]

REFUSAL_S = 3
TOPICS = "org.apache.kafka.tools.TopicCommand"
USERS = {"alice": "alice-secret", "bob": "bob-secret"}
KINDS = {
    "TLS": ("SSL", None, False),
    "MUTUAL": ("SSL", None, True),
    "PLAIN": ("SASL_PLAINTEXT", "PLAIN", False),
    "SCRAM256": ("SASL_PLAINTEXT", "SCRAM-SHA-256", False),
    "SCRAM512": ("SASL_SSL", "SCRAM-SHA-512", False),
    "OAUTH": ("SASL_PLAINTEXT", "OAUTHBEARER", False),
}


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def secured(tmp_path_factory, authority, packaged_kafka):
    """A broker with one listener of each kind and rights checked, and the port of each listener."""
    if shutil.which("kcat") is None:
        pytest.skip("kcat is missing: apt-get install kcat")
    server = authority.issue("broker", "127.0.0.1", "localhost")
    ports = dict(zip(KINDS, free_ports(len(KINDS)), strict=True))
    listeners = tuple(
        local.SecureListener(
            name=name, port=ports[name], protocol=protocol, mechanism=mechanism, client_certificate=mutual
        )
        for name, (protocol, mechanism, mutual) in KINDS.items()
    )
    options = local.BrokerOptions(
        listeners=listeners,
        users=USERS,
        tls=local.TlsFiles(server.combined, authority.certificate),
        authorizer=True,
        super_users=("User:alice", "User:CN=alice"),
    )
    broker = local.up(0, data=tmp_path_factory.mktemp("secured"), options=options)
    yield broker, ports
    local.down(broker.port)


def metadata(port, wait_s=20, **settings: object):
    """What kcat learns over this listener, or the error it ends with."""
    options = [part for key, value in settings.items() for part in ("-X", f"{key.replace('_', '.')}={value}")]
    command = ["kcat", "-L", "-J", "-m", str(wait_s), "-b", f"127.0.0.1:{port}", *options]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if run.returncode != 0:
        return run.stderr
    return json.loads(run.stdout)


def run_tool(main_class: str, *arguments: str):
    """Run one of Kafka's own command line tools from the packaged jars."""
    java = find_java()
    jars = ensure(cache_folder())
    command = launch.java_command(java, jars, launch.class_archive(jars, java))
    return subprocess.run([*command, main_class, *arguments], capture_output=True, text=True, timeout=120, check=False)


def tool(main_class: str, *arguments: str):
    run = run_tool(main_class, *arguments)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def sasl(mechanism, user="alice", password=None, protocol="sasl_plaintext"):
    settings = {"security_protocol": protocol, "sasl_mechanisms": mechanism}
    return settings | {"sasl_username": user, "sasl_password": password or USERS[user]}


def names(answer):
    assert isinstance(answer, dict), answer
    return [broker["name"] for broker in answer["brokers"]]


def test_plain_passwords_are_checked(secured):
    _, ports = secured
    assert names(metadata(ports["PLAIN"], **sasl("PLAIN"))) == [f"127.0.0.1:{ports['PLAIN']}"]
    refused = metadata(ports["PLAIN"], REFUSAL_S, **sasl("PLAIN", password="not-hers"))  # noqa: S106 - made up
    assert "uthentication" in refused


def scram_file(folder, mechanism, password, authority):
    """A client's settings for Kafka's own tools; older librdkafka (kcat) fails at the nonce check of newer brokers."""
    login = "org.apache.kafka.common.security.scram.ScramLoginModule required"
    lines = [
        f"security.protocol={'SASL_SSL' if mechanism.endswith('512') else 'SASL_PLAINTEXT'}",
        f"sasl.mechanism={mechanism}",
        f'sasl.jaas.config={login} username="alice" password="{password}";',
        "ssl.truststore.type=PEM",
        f"ssl.truststore.location={authority.certificate}",
    ]
    path = folder / "client.properties"
    path.write_text("\n".join(lines))
    return str(path)


@pytest.mark.parametrize(("listener", "mechanism"), [("SCRAM256", "SCRAM-SHA-256"), ("SCRAM512", "SCRAM-SHA-512")])
def test_scram_passwords_are_checked(secured, authority, tmp_path, listener, mechanism):
    _, ports = secured
    right = scram_file(tmp_path, mechanism, USERS["alice"], authority)
    at = ["--bootstrap-server", f"127.0.0.1:{ports[listener]}"]
    tool(TOPICS, *at, "--command-config", right, "--list")
    wrong = scram_file(tmp_path, mechanism, "not-hers", authority)
    run = run_tool(TOPICS, *at, "--command-config", wrong, "--list")
    assert run.returncode != 0
    assert "invalid credentials" in run.stdout + run.stderr


def test_tls_is_trusted_only_by_its_authority(secured, authority, tmp_path):
    _, ports = secured
    trusted = {"security_protocol": "ssl", "ssl_ca_location": authority.certificate}
    assert names(metadata(ports["TLS"], **trusted)) == [f"127.0.0.1:{ports['TLS']}"]
    stranger = Authority(tmp_path, "Another authority")
    refused = metadata(ports["TLS"], REFUSAL_S, security_protocol="ssl", ssl_ca_location=stranger.certificate)
    assert "certificate verify failed" in refused


def test_mutual_tls_wants_a_certificate(secured, authority):
    _, ports = secured
    trusted = {"security_protocol": "ssl", "ssl_ca_location": authority.certificate}
    pair = authority.issue("alice")
    shown = trusted | {"ssl_certificate_location": pair.certificate, "ssl_key_location": pair.key}
    assert names(metadata(ports["MUTUAL"], **shown)) == [f"127.0.0.1:{ports['MUTUAL']}"]
    assert isinstance(metadata(ports["MUTUAL"], REFUSAL_S, **trusted), str)


def unsecured_token(subject):
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    now = int(time.time())
    return f"{part({'alg': 'none'})}.{part({'sub': subject, 'iat': now - 5, 'exp': now + 300})}."


async def test_bearer_tokens(secured):
    from aiokafka.abc import AbstractTokenProvider
    from aiokafka.admin import AIOKafkaAdminClient

    _, ports = secured

    class Tokens(AbstractTokenProvider):
        async def token(self) -> str:
            return unsecured_token("alice")

    admin = AIOKafkaAdminClient(
        bootstrap_servers=f"127.0.0.1:{ports['OAUTH']}",
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="OAUTHBEARER",
        sasl_oauth_token_provider=Tokens(),
    )
    await admin.start()
    try:
        assert (await admin.describe_cluster())["cluster_id"] == secured[0].cluster_id
    finally:
        await admin.close()


def produce(port, topic, user):
    options = [
        part for key, value in sasl("PLAIN", user).items() for part in ("-X", f"{key.replace('_', '.')}={value}")
    ]
    command = ["kcat", "-P", "-b", f"127.0.0.1:{port}", "-t", topic, "-X", "message.timeout.ms=15000", *options]
    return subprocess.run(command, input="hello\n", capture_output=True, text=True, timeout=60, check=False)


def test_rights_are_checked(secured, topic_name):
    broker, ports = secured
    topic = topic_name()
    tool(TOPICS, "--bootstrap-server", broker.bootstrap, "--create", "--topic", topic)
    assert produce(ports["PLAIN"], topic, "alice").returncode == 0
    refused = produce(ports["PLAIN"], topic, "bob")
    assert refused.returncode != 0
    assert "uthoriz" in refused.stderr
    acl = ["--bootstrap-server", broker.bootstrap, "--add", "--allow-principal", "User:bob", "--producer"]
    tool("org.apache.kafka.tools.AclCommand", *acl, "--topic", topic)
    deadline = time.monotonic() + 30
    while (run := produce(ports["PLAIN"], topic, "bob")).returncode != 0 and time.monotonic() < deadline:
        continue
    assert run.returncode == 0, run.stderr


def grant(broker, topic, *operations: str):
    acl = ["--bootstrap-server", broker.bootstrap, "--add", "--allow-principal", "User:bob", "--topic", topic]
    tool("org.apache.kafka.tools.AclCommand", *acl, *(part for name in operations for part in ("--operation", name)))


async def test_a_capture_takes_what_its_user_may_read_and_says_what_not(secured, topic_name, tmp_path):
    broker, ports = secured
    readable, described, secret = (topic_name(stem) for stem in ("readable", "described", "secret"))
    async with open_log(broker.bootstrap) as log:
        for name in (readable, described, secret):
            await log.create_topic(name)
            async with log.writer() as writer:
                await writer.send([NewRecord(name, value=b"x")])
    grant(broker, readable, "Read", "Describe")
    grant(broker, described, "Describe")
    settings = {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "PLAIN", "username": "bob"}
    async with open_log(f"127.0.0.1:{ports['PLAIN']}", password=USERS["bob"], **settings) as log:
        async with asyncio.timeout(30):
            while sum(bool(info.partitions) for info in await log.describe([readable, described])) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        rows = {row["topic"]: row for row in await topic_rows(log, parse_topics([readable, described, secret]))}
        assert rows[secret]["unavailable"].startswith("not authorised: this user has no right to describe")
        assert "no right to read" in rows[described]["unavailable"]
        assert "not authorised" not in (rows[readable]["unavailable"] or "")
        with SnapshotStore.open(tmp_path / "x.duckdb", write=True) as store:

            async def captured(*topics: str):
                first, selection = parse_bound("start"), parse_topics(topics)
                async with Beginning(log, selection, start=first) as begun:
                    return await capture(begun, store, lambda _: Decoder(), cluster="test")

            result = await captured(secret, readable, described)
            assert result.records == 1
            assert result.refused.keys() == {secret, described}
            states = {row["topic"]: (row["state"], row["reason"]) for row in result.rows(store)}
            assert states[readable] == ("complete", None)
            assert states[secret][0] == states[described][0] == "failed"
            assert "no right to read" in states[described][1]
            with pytest.raises(AuthenticationError, match=f"topic {secret}: not authorised"):
                await captured(secret)
        with pytest.raises(AuthenticationError, match=f"topic {described}: not authorised"):
            await resolve_spans(log, parse_topics([readable, described]), parse_bound("start"))


ACTS: dict[str, tuple[str, tuple[str, ...], dict[str, str]]] = {
    # By the name of the act: the ACL that it takes, its command line, and the form of its pane.
    "create_topic": ("Create on topic {other}", ("{other}",), {"topic": "{other}"}),
    "add_partitions": ("Alter on topic {topic}", ("{topic}", "3"), {"topic": "{topic}", "total": "3"}),
    "change_config": (
        "AlterConfigs on topic {topic}",
        ("{topic}", "-c", "retention.ms=1000000"),
        {"topic": "{topic}", "settings": "retention.ms=1000000"},
    ),
    "delete_records": ("Delete on topic {topic}", ("{topic}", "--before", "2"), {"topic": "{topic}", "before": "2"}),
    "delete_topic": ("Delete on topic {topic}", ("{topic}",), {"topic": "{topic}"}),
    "produce": ("Write on topic {topic}", ("{topic}", "--value", "x"), {"topic": "{topic}", "value": "x"}),
    "reset_offsets": ("Read on group {group}", ("{group}", "--to", "start"), {"group": "{group}", "to": "start"}),
    "delete_group": ("Delete on group {group}", ("{group}",), {"group": "{group}"}),
}
PANE_NAMES = {"change_config": "change settings", "produce": "produce a record"}


@pytest.fixture
async def forbidden(secured, topic_name, group_name, tmp_path, monkeypatch):
    """What bob may look at and not change; his profile; and a check that all of it is as it was."""
    broker, ports = secured
    names = {"topic": topic_name(), "other": topic_name(), "group": group_name()}
    place = TopicPartition(names["topic"], 0)
    async with open_log(broker.bootstrap) as log:
        await log.create_topic(names["topic"])
        async with log.writer() as writer:
            await writer.send([NewRecord(names["topic"], value=b"x")] * 3)
        await log.commit_offsets(names["group"], {place: 2})
    grant(broker, names["topic"], "Read", "Describe", "DescribeConfigs")
    acl = ["--bootstrap-server", broker.bootstrap, "--add", "--allow-principal", "User:bob", "--group", names["group"]]
    tool("org.apache.kafka.tools.AclCommand", *acl, "--operation", "Describe")
    file = tmp_path / "workbench.toml"
    file.write_text(
        f'[clusters.secured]\naddress = "kafka://127.0.0.1:{ports["PLAIN"]}"\nsecurity_protocol = "SASL_PLAINTEXT"\n'
        'sasl_mechanism = "PLAIN"\nsasl_username = "bob"\nsasl_password_env = "BOBS_PASSWORD"\n'
    )
    monkeypatch.setenv("WORKBENCH_CONFIG", str(file))
    monkeypatch.setenv("WORKBENCH_CONFIG_FOLDER", str(tmp_path / "config"))
    monkeypatch.setenv("BOBS_PASSWORD", USERS["bob"])
    yield names
    async with open_log(broker.bootstrap) as log:
        assert await log.describe([names["other"]]) == []
        (info,) = await log.describe([names["topic"]])
        assert [(part.begin, part.end) for part in info.partitions] == [(0, 3)]
        assert info.config["retention.ms"].default
        assert (await log.committed(names["group"]))[place].offset == 2


def audit() -> list[tuple[str, str, str]]:
    """The rows of the journal: action, result, and error."""
    if not act_journal().exists():
        return []
    with duckdb.connect(str(act_journal()), read_only=True) as journal:
        found = journal.execute('SELECT action, result, details FROM audit ORDER BY "at"').fetchall()
    return [(action, result, json.loads(details).get("error", "")) for action, result, details in found]


def planned_by(acts, names):
    topic, group = names["topic"], names["group"]
    return {
        "create_topic": lambda: acts.create_topic(names["other"]),
        "add_partitions": lambda: acts.add_partitions(topic, 3),
        "change_config": lambda: acts.change_config(topic, {"retention.ms": "1000000"}),
        "delete_records": lambda: acts.delete_records(topic, 2),
        "delete_topic": lambda: acts.delete_topic(topic),
        "produce": lambda: acts.produce(topic, value=b"x"),
        "reset_offsets": lambda: acts.reset_offsets(group, "start"),
        "delete_group": lambda: acts.delete_group(group),
    }


async def test_acts_that_rights_forbid_name_the_right_and_change_nothing(forbidden):
    async with await wb.connect("secured", write=True, reason="INC-42") as cluster:
        await wait_until(lambda: _described(cluster.log, forbidden["topic"]), timeout_s=30, what="the right of bob")
        for action, plan in planned_by(cluster.acts, forbidden).items():
            right = f"lacks the ACL {ACTS[action][0].format(**forbidden)}; ask for it"
            before = audit()
            act = await plan()
            if act.refusals:
                # The broker says what this user may do with a topic: the plan says it, and nothing is tried.
                assert right in repr(act), action
                with pytest.raises(ReplayRefused, match="nothing was changed") as caught:
                    await cluster.acts.run(act, confirm=act.target)
                assert audit() == before
            else:
                with pytest.raises(AuthenticationError, match="Nothing was changed") as caught:
                    await cluster.acts.run(act, confirm=act.target)
                begun, failed = audit()[len(before) :]
                assert begun[:2] == (f"act.{action}", "begun")
                assert failed[:2] == (f"act.{action}", "failed: AuthenticationError")
                assert right in failed[2]
            assert right in str(caught.value), action
    assert {action for action, *_ in audit()} == {"act.create_topic", "act.reset_offsets", "act.delete_group"}


async def test_the_pane_of_acts_says_which_right_is_missing(forbidden):
    async with await wb.connect("secured", write=True, reason="INC-42") as cluster:
        await wait_until(lambda: _described(cluster.log, forbidden["topic"]), timeout_s=30, what="the right of bob")
        desk = ExplorerDesk(cluster, parts=DeskParts(acts=cluster.acts), hides=lambda _: False)
        pane = next(one for one in desk.panes if one.name == "acts")
        for action, (right, _, form) in ACTS.items():
            name = PANE_NAMES.get(action, action.replace("_", " "))
            filled = {field: text.format(**forbidden) for field, text in form.items()}
            await pane.do("input", {"act": name})
            await pane.do("plan", {"act": name, **filled})
            said = pane.failure + repr(pane.sections)
            if next(one for one in pane.presses if one.name == "run").enabled:
                target = forbidden["group"] if "group" in form else filled["topic"]
                await pane.do("run", {"confirm": target})
                said = pane.failure
                assert "Nothing was changed" in said
            assert f"lacks the ACL {right.format(**forbidden)}" in said, action
        desk.close()


async def test_the_command_line_of_acts_says_which_right_is_missing(forbidden):
    async with await wb.connect("secured") as cluster:
        await wait_until(lambda: _described(cluster.log, forbidden["topic"]), timeout_s=30, what="the right of bob")
    for action in ("create_topic", "delete_topic", "reset_offsets"):
        right, arguments, _ = ACTS[action]
        given = [text.format(**forbidden) for text in arguments]
        command = [sys.executable, "-m", "workbench", "act", action.replace("_", "-"), *given, "-b", "secured"]
        confirmed = [*command, "--confirm", given[0], "--reason", "INC-42"]
        run = await asyncio.to_thread(
            subprocess.run, confirmed, capture_output=True, text=True, timeout=60, check=False
        )
        said = " ".join((run.stdout + run.stderr).split())
        assert run.returncode in (1, 4), said
        assert f"lacks the ACL {right.format(**forbidden)}" in said
        assert "was changed" in said


async def test_what_may_not_even_be_looked_at_says_so(secured, topic_name, forbidden):
    broker, _ = secured
    hidden = topic_name()
    async with open_log(broker.bootstrap) as log:
        await log.create_topic(hidden)
        await log.commit_offsets(f"{hidden}-group", {TopicPartition(hidden, 0): 0})
    async with await wb.connect("secured", write=True, reason="INC-42") as cluster:
        with pytest.raises(AuthenticationError, match=f"lacks the ACL Describe on topic {hidden}.*Nothing was planned"):
            await cluster.acts.delete_topic(hidden)
        with pytest.raises(AuthenticationError, match=f"lacks the ACL Describe on group {hidden}-group"):
            await cluster.acts.delete_group(f"{hidden}-group")
        assert forbidden["topic"] != hidden


async def _described(log, name):
    return bool((await log.describe([name]))[0].config)


def test_the_files_with_passwords_are_the_owners_alone(secured):
    broker, _ = secured
    assert Path(broker.properties).stat().st_mode & 0o077 == 0
    with contextlib.suppress(FileNotFoundError):
        assert "alice-secret" not in broker.log.read_text(errors="replace")
