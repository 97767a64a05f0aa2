"""Secrets are published in every field, and searched for in everything that shows or stores records."""

from __future__ import annotations

import contextlib
import logging
import uuid

import pytest
from framed_values import ORDER, avro_value, framed
from marked_secrets import HIDDEN, SETTINGS, clean, records
from registry_server import serving

import workbench as wb
from workbench.errors import ConfigurationError, QueryError, ReplayRefused, SnapshotError, ValidationError
from workbench.live.explorer.desk import DeskParts, ExplorerDesk
from workbench.model import NewRecord, Span
from workbench.model.records.columns import MASKED_HEADER
from workbench.session.masked_copies import masked_copy
from workbench.testing import wait_until


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """Writes the settings file; gives it back to be changed."""
    file = tmp_path / "workbench.toml"
    monkeypatch.setenv("WORKBENCH_CONFIG", str(file))
    monkeypatch.setenv("MASKING_SALT", "a long enough salt")
    file.write_text("")
    return file


@pytest.fixture
async def address():
    name = f"memory://masking-{uuid.uuid4().hex[:8]}"
    async with await wb.connect(name, write=True, reason="test") as cluster:
        await cluster.log.create_topic("payments", partitions=1)
        async with cluster.log.writer() as writer:
            await writer.send(records())
        yield name


def files_of(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_no_output_holds_a_secret(settings, address, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    settings.write_text(SETTINGS)
    folder = tmp_path / "out"
    folder.mkdir()
    async with await wb.connect(address) as cluster:
        tail = cluster.tail("payments", start="start")
        await wait_until(lambda: tail.feed.stats.total == 8)
        rows = tail.feed.window(0, 8)
        clean(
            rows, *(tail.feed.record(row.identity) for row in rows), tail.snapshot().html(), tail.snapshot().text, tail
        )
        await tail.feed.set_filter(HIDDEN)
        assert tail.feed.stats.end == 0
        read = [record async for record in cluster.records("payments", start="start", stop_at_end=True)]
        assert len(read) == 8
        clean(read)
        found = await cluster.search("payments", start="start", where='"offset" >= 0')
        assert len(found.frame) == 8
        assert any("payments are masked" in note for note in found.notes)
        clean(found, found.frame.to_csv(), found._repr_html_())
        snap = await cluster.capture("payments", into=folder / "a.duckdb")
        assert "1 topic masked by [masking] of workbench.toml" in snap.last_capture.notes
        clean(cluster, cluster._repr_html_())
        draft = snap.replay("true")
        plan = await cluster.plan(draft, to="payments")
        assert "G-17" in repr(plan)
        assert "masked" in repr(plan)
        clean(plan, plan._repr_html_())
        tail.close()
    clean(snap, snap._repr_html_(), snap.events().to_csv(), snap.sql("from records").to_csv(), snap.notes)
    clean(
        snap.payload("payments").to_csv(),
        snap.describe(),
        snap.describe()._repr_html_(),
        snap.graph,
        snap.dead_letters(),
    )
    clean(snap.trace(correlation_id=str(uuid.UUID(int=99))), snap.rate().frame.to_csv(), snap.provenance.to_csv())
    with pytest.raises(QueryError) as caught:
        snap.sql("select (payload->>'$.payload.card')::int from events")
    clean(caught.value, repr(caught.value))
    clean(snap.transform("sample:passthrough", topics="payments").show().snapshot().html())
    clean(snap.suggest_masking(), snap.suggest_masking().toml)
    snap.report(folder / "report.html")
    snap.export(folder / "a.jsonl")
    snap.export(folder / "a.parquet")
    snap.decode_again()
    clean(snap.events().to_csv())
    frame = snap.events(where="format = 'json'", columns=["payload", "key"])
    assert len(frame) >= 4
    # The same value gives the same hash, so that records can still be joined.
    assert snap.sql("select count(distinct key) n from records")["n"].tolist() == [1]
    assert snap.sql("select count(*) n from records where value is null")["n"].tolist() == [1]
    snap.pack()
    snap.close()
    assert len(files_of(folder)) >= 4
    clean(*(path.read_bytes() for path in files_of(folder)))
    clean(caplog.text)


FORMS = (
    "__repr__",
    "_repr_html_",
    "text",
    "tree",
    "csv",
    "svg",
    "mermaid",
    "otlp",
    "rows",
    "frame",
    "provenance",
    "toml",
)


def every_form(result):
    """Whatever a result can be written or shown as."""
    for name in FORMS:
        form = getattr(result, name, None)
        made = form() if callable(form) else form
        if name == "rows" and made is not None:
            made = list(made)
        yield made.to_csv() if hasattr(made, "to_csv") else made


async def test_no_form_of_an_answer_holds_a_secret(settings, address, tmp_path):
    settings.write_text(SETTINGS)
    async with await wb.connect(address) as cluster:
        snap = await cluster.capture("payments", into=tmp_path / "a.duckdb")
        later = await cluster.capture("payments", into=tmp_path / "b.duckdb", end="+4")
        found = await cluster.search("payments", regex="payment", start="start")
        answers = [
            await cluster.page("payments", start="start"),
            await cluster.record("payments/0@0"),
            await cluster.explain("payments/0@0"),
            await cluster.statistics("payments"),
            (await cluster.statistics("payments")).drift(await cluster.statistics("payments", end="+4")),
            await cluster.topics(),
            await cluster.partitions("payments"),
            await cluster.lag(),
            found,
            found.trace(),
        ]
    trace = snap.graph
    answers += [wb.compare(snap, later), snap.compare("event_type is not null"), snap.flows(), snap.findings()]
    answers += [snap.query("{ }"), snap.type_map(), snap.variants(), snap.unfinished(), snap.timing_profile()]
    answers += [
        trace,
        trace.sequence,
        trace.critical_path(),
        trace.findings(),
        str(trace.show().still.bundle()),
        trace.frame,
    ]
    answers += [snap.state("payments"), snap.state_fold("payments"), snap.schemas, snap.journal, snap.dead_letters()]
    for answer in answers:
        clean(*every_form(answer), *(every_form(answer.frame) if hasattr(answer, "frame") else ()))
    snap.close()
    later.close()


async def test_no_pane_of_the_explorer_holds_a_secret(settings, address):
    settings.write_text(SETTINGS)
    async with await wb.connect(address, write=True, reason="test") as cluster:
        desk = ExplorerDesk(cluster, parts=DeskParts(acts=cluster.acts), hides=cluster._connection.hides)
        panes = {pane.name: pane for pane in (*desk.panes, *desk.details)}
        await panes["search"].do("input", {"topics": "payments"})
        for name in ("messages", "topic", "search"):
            form = {field.name: field.value for field in panes[name].inputs}
            presses = [one.name for one in panes[name].presses if one.enabled]
            await desk.select_topic("payments")
            if name == "search":
                await panes[name].do(presses[0], {**form, "topics": "payments", "start": "start"})
        await desk.select_record("payments/0@0")
        await panes["acts"].do("input", {"act": "produce a record"})
        with contextlib.suppress(ValidationError):
            await panes["acts"].do("take", {})
        for pane in panes.values():
            shown = [pane.window(0, 50), pane.sections, pane.note, pane.failure, pane.inputs, pane.values]
            clean(*map(repr, shown))
        assert panes["messages"].row_count == 8
        assert "masked" in panes["acts"].failure
        desk.close()


async def test_no_act_copies_what_is_left_of_a_masked_record(settings, address):
    settings.write_text(SETTINGS)
    async with await wb.connect(address, write=True, reason="test") as cluster:
        with pytest.raises(ValidationError, match="masked here") as caught:
            await cluster.acts.produce_like("payments/0@0", key=b"x")
        clean(caught.value)
        like = await cluster.record("payments/0@0")
        act = await cluster.acts.produce("payments", value=b"x", like=like)
        clean(act, act._repr_html_(), *(every_form(act)))
        assert any("masked when it was read" in one for one in act.refusals)


async def test_without_rules_the_same_search_finds_the_secrets(settings, address, tmp_path):
    assert settings.read_text() == ""
    async with await wb.connect(address) as cluster:
        with await cluster.capture("payments", into=tmp_path / "a.duckdb") as snap:
            for output in (snap.sql("from records").to_csv(), snap.events(columns=["payload"]).to_csv()):
                with pytest.raises(AssertionError):
                    clean(output)
        with pytest.raises(AssertionError):
            clean(*every_form(await cluster.page("payments", start="start")))


async def test_a_replay_of_masked_records_is_refused(settings, address, tmp_path):
    settings.write_text(SETTINGS)
    async with await wb.connect(address, write=True, reason="test") as cluster:
        snap = await cluster.capture("payments", into=tmp_path / "a.duckdb")
        plan = await cluster.plan(snap.replay("true"), to="payments")
        with pytest.raises(ReplayRefused, match="G-17"):
            await cluster.run(plan, confirm=plan.token)
        snap.close()


async def test_raw_bytes_are_kept_if_the_settings_say_so_and_only_a_replay_gets_them(settings, address, tmp_path):
    settings.write_text(SETTINGS.replace("[masking]\n", "[masking]\nkeep_raw = true\n"))
    folder = tmp_path / "out"
    folder.mkdir()
    async with await wb.connect(address, write=True, reason="test") as cluster:
        await cluster.log.create_topic("copies", partitions=1)
        snap = await cluster.capture("payments", into=folder / "a.duckdb")
        assert "raw bytes of masked records are kept in a.duckdb.masked-raw" in snap.last_capture.notes
        kept = folder / "a.duckdb.masked-raw"
        assert kept.stat().st_mode & 0o077 == 0
        clean(snap.sql("from records").to_csv(), snap.events().to_csv(), *every_form(snap))
        draft = snap.replay("true", partitions="murmur2")
        plan = await cluster.plan(draft, to="copies")
        clean(draft, *every_form(plan), plan.dry_run(), plan.view(), plan.samples, plan.frame.to_csv())
        assert "8 masked records sent with the raw bytes" in repr(plan)
        report = await cluster.run(plan, confirm=plan.token)
        clean(*every_form(report))
        async with cluster._connection.plain_log.reader([Span("copies", 0, 0, 8)]) as reader:
            sent = [row for chunk in await reader.read() for row in chunk.rows()]
        assert [(one.key, one.value) for one in sent] == [(one.key, one.value) for one in records()]
        assert [one.headers[:3] for one in sent] == [one.headers for one in records()]
        assert all(MASKED_HEADER.encode() not in dict(one.headers) for one in sent)
        read = snap.replay("format = 'json'")
        for changed in (read.replace(ids="new"), read.edit([{"op": "add", "path": "/x", "value": 1}])):
            refused = await cluster.plan(changed, to="copies")
            assert "sent only as they are" in repr(refused)
            clean(*every_form(refused), refused.dry_run())
        settings.write_text(SETTINGS)
        assert "G-17" in repr(await cluster.plan(snap.replay("true"), to="copies"))
        snap.close()
    clean(*(path.read_bytes() for path in files_of(folder) if path != kept))
    with pytest.raises(AssertionError):
        clean(kept.read_bytes())


async def test_a_snapshot_of_before_is_not_shown_and_a_masked_copy_is(settings, address, tmp_path):
    async with await wb.connect(address) as cluster:
        (await cluster.capture("payments", into=tmp_path / "plain.duckdb")).close()
    with wb.open(tmp_path / "plain.duckdb") as snap:
        snap.export(tmp_path / "plain.parquet")
    settings.write_text(SETTINGS)
    for write in (False, True):
        with pytest.raises(SnapshotError, match="workbench mask"):
            wb.open(tmp_path / "plain.duckdb", write=write)
    async with await wb.connect(address) as cluster:
        with pytest.raises(SnapshotError, match="workbench mask"):
            await cluster.capture("payments", into=tmp_path / "plain.duckdb")
    assert masked_copy(tmp_path / "plain.duckdb", tmp_path / "copy.duckdb") == 8
    with wb.open(tmp_path / "copy.duckdb") as snap:
        clean(snap.sql("from records").to_csv(), snap.events().to_csv())
        assert snap.store.record_count() == 8
    with pytest.raises(SnapshotError, match="exists already"):
        masked_copy(tmp_path / "plain.duckdb", tmp_path / "copy.duckdb")
    with wb.open(tmp_path / "imported.duckdb", write=True) as snap:
        assert snap.import_file(tmp_path / "plain.parquet").records == 8
        clean(snap.sql("from records").to_csv())
    wb.open(tmp_path / "imported.duckdb").close()
    # A rule that is added later was not applied to what the copy holds.
    settings.write_text(SETTINGS + '[[masking.rules]]\ntopics = ["payments"]\npaths = ["x"]\naction = "remove"\n')
    with pytest.raises(SnapshotError, match="payments"):
        wb.open(tmp_path / "copy.duckdb")
    settings.write_text("")
    with pytest.raises(ConfigurationError, match="nothing to mask"):
        masked_copy(tmp_path / "plain.duckdb", tmp_path / "other.duckdb")


async def test_records_that_were_added_without_the_rules_are_not_shown(settings, address, tmp_path):
    settings.write_text(SETTINGS)
    async with await wb.connect(address) as cluster:
        (await cluster.capture("payments", into=tmp_path / "a.duckdb", end="+4")).close()
    settings.write_text("")
    async with await wb.connect(address) as cluster:
        (await cluster.capture("payments", into=tmp_path / "a.duckdb")).close()
    settings.write_text(SETTINGS)
    with pytest.raises(SnapshotError, match="workbench mask"):
        wb.open(tmp_path / "a.duckdb")


async def test_other_ways_to_plain_records_are_refused(settings, address):
    settings.write_text(SETTINGS)
    async with await wb.connect(address, write=True, reason="test") as cluster:
        with pytest.raises(ConfigurationError, match="not joined"):
            cluster.log.member("g", ["payments"])
        with pytest.raises(ConfigurationError, match="via="):
            _ = cluster.http_proxy
        # A view moves records and shows none: it gets them as they are, and its log is not shown.
        await cluster.transforms.create_materialized_view("pay-view", "payments", "sample:passthrough")
        await cluster.transforms.wait_for_view("pay-view")
        assert await cluster.transforms.view_log("pay-view") == []
        async with cluster._connection.plain_log.reader([Span("pay-view", 0, 0, 8)]) as reader:
            chunks = await reader.read()
        assert chunks[0].rows()[0].key == f"{HIDDEN}-key".encode()


async def test_avro_is_masked_as_json(settings, tmp_path):
    settings.write_text(SETTINGS.replace('"payload.card"', '"orderId"'))
    with serving() as server:
        number = server.add("payments-value", ORDER)
        name = f"memory://masking-{uuid.uuid4().hex[:8]}"
        async with await wb.connect(name, write=True, reason="test", schema_registry=server.url) as cluster:
            await cluster.log.create_topic("payments", partitions=1)
            async with cluster.log.writer() as writer:
                values = [avro_value(number, ORDER, {"orderId": HIDDEN, "cents": 7}), framed(99, HIDDEN.encode())]
                await writer.send([NewRecord("payments", value=value) for value in values])
            snap = await cluster.capture("payments", into=tmp_path / "a.duckdb")
            clean(snap.sql("from records").to_csv(), snap.events().to_csv())
            cents = snap.sql("select payload->>'$.cents' as cents from events order by 1 nulls last")
            assert cents["cents"].tolist()[0] == "7"
            snap.close()


async def test_hashes_need_a_salt(settings, monkeypatch):
    settings.write_text(SETTINGS)
    monkeypatch.setenv("MASKING_SALT", "short")
    with pytest.raises(ConfigurationError, match="MASKING_SALT"):
        await wb.connect("memory://salt")
