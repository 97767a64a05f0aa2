"""Dead letters that a new schema rejects are fixed by a function, previewed, sent home, and not sent twice."""

from __future__ import annotations

import json

import pytest

import workbench as wb
from workbench.errors import ConfigurationError, ValidationError
from workbench.model import NewRecord, Span, TopicPartition
from workbench.replay import RunControl
from workbench.replay.plan import batches

pytestmark = pytest.mark.promise("RS-8")


def letter(topic, number, *, reason="'customer_id'", kind="KeyError", body=None):
    headers = (
        (b"content-type", b"application/json"),
        (b"kafka_dlt-original-topic", topic.encode()),
        (b"kafka_dlt-original-partition", (0).to_bytes(4, "big")),
        (b"kafka_dlt-original-offset", number.to_bytes(8, "big")),
        (b"kafka_dlt-exception-fqcn", kind.encode()),
        (b"kafka_dlt-exception-message", reason.encode()),
        (b"kafka_dlt-exception-stacktrace", b"at shop.Billing\n\tat java.lang.Thread"),
    )
    value = b'{"order":%d, "client":"c-%d"}' % (number, number) if body is None else body
    return NewRecord(f"{topic}.DLT", b"k%d" % number, value, headers, 0, 1_700_000_000_000 + number)


def rename(body):
    if body["order"] == 3:
        return None
    if "client" in body:
        body["customer_id"] = body.pop("client")
    return body


@pytest.fixture
async def cluster(address):
    async with await wb.connect(address, write=True, reason="INC-7") as opened:
        yield opened


@pytest.fixture
async def captured(cluster, topic_name, tmp_path):
    """A topic with its dead letters, captured."""
    topic = topic_name("orders")
    for name in (topic, f"{topic}.DLT"):
        await cluster.log.create_topic(name, partitions=1, config={"retention.ms": "-1"})
    letters = [letter(topic, number) for number in range(6)]
    letters += [letter(topic, 6, body=b"no json"), letter(topic, 7, body=b'{"order":7,"customer_id":"c-7"}')]
    async with cluster.log.writer() as writer:
        await writer.send(letters)
    snap = await cluster.capture(f"{topic}.DLT", into=tmp_path / "letters.duckdb", progress=False)
    snap.close()
    yield topic, snap.path
    for name in (topic, f"{topic}.DLT"):
        await cluster.log.delete_topic(name)


async def sent(cluster, topic):
    (end,) = (await cluster.log.offsets([TopicPartition(topic, 0)], "latest")).values()
    found = []
    async with cluster.log.reader([Span(topic, 0, 0, end)]) as reader:
        while not reader.done:
            found += [row for chunk in await reader.read() for row in chunk.rows()]
    return found


@pytest.mark.parametrize("write", [False, True], ids=["journal beside", "journal in the file"])
async def test_letters_are_fixed_previewed_and_sent_home_once(cluster, captured, write):
    topic, path = captured
    with wb.open(path, write=write) as snap:
        (group,) = snap.dead_letters().groups["fingerprint"]
        redrive = snap.redrive(group, fix=rename)
        assert (len(redrive), len(redrive.changes)) == (6, 5)
        assert dict(redrive.to) == {f"{topic}.DLT": topic}
        assert sorted(redrive.refused.values()) == [
            "its value is no JSON text in UTF-8",
            "the fix left it out",
        ]
        assert '-  "client": "c-0"' in repr(redrive)
        assert '+  "customer_id": "c-0",' in repr(redrive)
        plan = await cluster.plan(redrive.draft, to=redrive.to)
        assert plan.document["mode"] == "redrive"
        report = await cluster.run(plan, confirm=plan.token)
        assert report.state == "verified", repr(report)
        home = await sent(cluster, topic)
        assert [json.loads(row.value)["customer_id"] for row in home] == ["c-0", "c-1", "c-2", "c-4", "c-5", "c-7"]
        assert home[-1].value == b'{"order":7,"customer_id":"c-7"}', "what the fix did not change keeps its bytes"
        assert home[0].value == b'{"order":0,"customer_id":"c-0"}'
        assert [name for name, _ in home[0].headers if not name.startswith(b"x-replay")] == [b"content-type"]
        assert dict(home[0].headers)[b"x-replay-mode"] == b"redrive"
        assert dict(home[0].headers)[b"x-replay-count"] == b"1"
        with pytest.raises(ValidationError, match=f"it was sent home by run {plan.run_id}"):
            snap.redrive(group, fix=rename)
    with wb.open(path) as again:
        assert again.dead_letters().groups["redriven"].to_list() == [6]
        with pytest.raises(ValidationError, match=f"it was sent home by run {plan.run_id}"):
            again.redrive(group, fix=rename)


async def test_what_would_fail_again_is_not_sent_unchanged(cluster, captured):
    topic, path = captured
    async with cluster.log.writer() as writer:
        await writer.send([letter(topic, 9, kind="com.acme.ValidationException", reason="no customer")])
    snap = await cluster.capture(f"{topic}.DLT", into=path.with_name("more.duckdb"), progress=False)
    with snap:
        group = next(row.fingerprint for row in snap.dead_letters().groups.itertuples() if row.records == 1)
        with pytest.raises(ValidationError, match="would come again, and the record was not changed"):
            snap.redrive(group)
        assert len(snap.redrive(group, fix=rename).changes) == 1
        mended = snap.redrive(group, accept_errors=["com.acme.ValidationException"])
        assert (len(mended), mended.changes) == (1, ()), "its cause was mended elsewhere"


async def test_a_fix_is_an_edit_of_the_plan(cluster, captured):
    topic, path = captured
    body = b'{"event_id":"e-1","correlation_id":"c-1","order":9}'
    async with cluster.log.writer() as writer:
        await writer.send([letter(topic, 9, body=body, reason="ids", kind="E")])
    with await cluster.capture(f"{topic}.DLT", into=path.with_name("ids.duckdb"), progress=False) as snap:
        (group,) = snap.dead_letters().groups.query("error_type == 'E'")["fingerprint"]
        redrive = snap.redrive(group, fix=lambda body: {**body, "event_id": "e-2"})
        plan = await cluster.plan(redrive.draft, to=redrive.to)
        assert [refusal.rule for refusal in plan.refusals] == ["G-24"], "a fix must not change what no edit may"
        at = f"{topic}.DLT/0@8"
        redrive = snap.redrive(group[:6], fix={at: [{"op": "add", "path": "/price", "value": 3}]})
        assert "kafka_dlt-exception-message" in redrive.removed
        assert "headers left out: kafka_dlt-exception-fqcn, " in repr(redrive)
        plan = await cluster.plan(redrive.draft, to=redrive.to)
        report = await cluster.run(plan, confirm=plan.token)
        assert report.state == "verified", repr(report)
        (patch,) = snap.journal().edits(plan.run_id)["patch"].to_pylist()
        assert json.loads(patch)["patch"] == [{"op": "add", "path": "/price", "value": 3}]
        with pytest.raises(ValidationError, match=r"orders/0@1 is no selected dead letter"):
            snap.redrive(fix={"orders/0@1": []})
        with pytest.raises(ConfigurationError, match="in mode 'redrive', not 'recording'"):
            snap.redrive(mode="recording")


async def test_a_redrive_that_was_stopped_is_resumed_without_its_fix(cluster, captured, monkeypatch):
    monkeypatch.setattr(batches, "BATCH_RECORDS", 2)
    topic, path = captured
    calls = []
    with wb.open(path) as snap:
        redrive = snap.redrive(fix=lambda body: {**rename(body), "call": calls.append(0) or len(calls)})
        plan = await cluster.plan(redrive.draft, to=redrive.to, ramp_s=None, records_per_s=None)
        control = RunControl()
        report = await cluster.run(plan, confirm=plan.token, control=control, progress=lambda _: control.cancel())
        assert report.state == "stopped"
        run, before = plan.run_id, len(await sent(cluster, topic))
    assert before < len(redrive)
    with wb.open(path) as snap:
        report = await snap.replays.resume(run, cluster)
        assert report.state == "verified", repr(report)
        home = [json.loads(row.value)["order"] for row in await sent(cluster, topic)]
        assert home == [0, 1, 2, 4, 5, 7]
        assert snap.dead_letters().frame["redriven"].notna().sum() == len(home)


async def test_an_origin_that_only_a_name_tells_is_confirmed(cluster, captured):
    topic, path = captured
    async with cluster.log.writer() as writer:
        await writer.send([NewRecord(f"{topic}.DLT", b"k", b'{"order":9}', (), 0, 1_700_000_000_009)])
    snap = await cluster.capture(f"{topic}.DLT", into=path.with_name("named.duckdb"), progress=False)
    with snap:
        (reason,) = snap.redrive().refused.values()
        guess = f"that it came from {topic} is a guess by the name of its topic"
        assert reason == f"{guess}; confirm it with origin={topic!r} (--origin {topic})"
        assert len(snap.redrive(origin=topic)) == len(snap.redrive()) + 1
        with pytest.raises(ValidationError, match=f"came from elsewhere; they came from {topic}."):
            snap.redrive(origin="elsewhere")
        assert len(snap.redrive(origins={f"{topic}.DLT": topic})) == len(snap.redrive()) + 1


async def test_what_a_letter_lost_is_taken_from_its_origin(cluster, captured):
    topic, path = captured
    there = [
        NewRecord(topic, b"k%d" % at, body, ((b"own", b"1"),), 0, 1_600_000_000_000)
        for at, body in enumerate((b'{"order":0, "client":"c-0"}', b"\xff\xfe", b'{"order":99}', b"later"))
    ]
    copies = [
        {
            "original_topic": topic,
            "original_message": {"offset": 1, "partition": 0, "key": "k1", "value": "\ufffd\ufffd"},
        },
        {"original_topic": topic, "original_message": {"offset": 9, "partition": 0, "key": "k9", "value": "\ufffd"}},
    ]
    async with cluster.log.writer() as writer:
        await writer.send(there)
        texts = [json.dumps({"failure_reason": "ValueError: no", **copy}).encode() for copy in copies]
        await writer.send([NewRecord(f"{topic}.DLT", b"k", text, (), 0, 1_700_000_000_100) for text in texts])
    snap = await cluster.capture([topic, f"{topic}.DLT"], into=path.with_name("both.duckdb"), progress=False)
    with snap:
        redrive = snap.redrive()
        found = {row["offset"]: row for row in redrive.draft.records.to_pylist()}
        assert found[0]["value"] == there[0].value, "it equals the copy"
        assert [header["name"] for header in found[0]["headers"]] == [b"own"], "the headers with which it was sent"
        assert found[2]["value"] == b'{"order":2, "client":"c-2"}', "another record lies at its origin now"
        assert found[8]["value"] == b"\xff\xfe", "the copy as text lost it"
        assert redrive.refused == {f"{topic}.DLT/0@9": "its copy as text lost bytes of the original"}
        assert redrive.bodies.startswith("1 body as at the origin; 1 body taken from the origin")
        assert redrive.bodies in repr(redrive)
        letters = snap.dead_letters()
        for position, there in ((f"{topic}.DLT/0@0", "the same record"), (f"{topic}.DLT/0@2", '-  "order": 99')):
            letter = letters.look(position)
            assert there in repr(letter).partition("at its origin\n")[2]
            assert (letter.format, letter.stack_trace) == ("json", "at shop.Billing\n\tat java.lang.Thread")
            assert "stack trace\n  at shop.Billing\n      at java.lang.Thread\n" in repr(letter)
            assert "at shop.Billing" in letter._repr_html_()
        lost = letters.look(f"{topic}.DLT/0@9")
        assert (lost.failed, lost.original, lost.to_json()["why_not"]) == (
            None, None, "its copy as text lost bytes of the original",
        )  # fmt: skip
        with pytest.raises(KeyError, match="orders/0@1 is no dead letter"):
            letters.look("orders/0@1")


async def test_a_fix_that_fails_is_a_finding_about_its_record(captured):
    _, path = captured
    with wb.open(path) as snap:
        redrive = snap.redrive(fix=lambda body: {**body, "price": 1 / (body["order"] - 2)})
        assert "the fix failed: ZeroDivisionError: division by zero" in redrive.refused.values()
        with pytest.raises(ValidationError, match="has the fingerprint '0123456789ab'; known are "):
            snap.redrive("0123456789ab")
