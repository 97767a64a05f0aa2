"""``snap.replays`` lists the runs of a snapshot and names the ways on; planning alone leaves no file."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys

import pytest
from replay_bench import until
from typer.testing import CliRunner

import workbench as wb
from workbench.cli import application
from workbench.cli.commands.replay import until_stopped
from workbench.errors import ReplayRefused, SnapshotError, ValidationError
from workbench.model import NewRecord, TopicPartition
from workbench.replay import RunControl
from workbench.replay.plan import batches
from workbench.session.procedures.kept_runs import interrupted_run
from workbench.session.replays import _shown
from workbench.store.journal import journal_path

RUNNER = CliRunner()


@pytest.fixture
async def cluster(topic_name):
    async with await wb.connect(f"memory://{topic_name('replays')}", write=True, reason="test") as opened:
        await opened.log.create_topic("orders", partitions=1)
        await opened.log.create_topic("again", partitions=1)
        async with opened.log.writer() as writer:
            await writer.send([NewRecord("orders", b"k", b'{"n": %d}' % at, (), 0) for at in range(6)])
        yield opened


@pytest.fixture
async def path(cluster, tmp_path):
    snap = await cluster.capture("orders", into=tmp_path / "incident.duckdb", progress=False)
    snap.close()
    return snap.path


async def test_planning_on_a_read_only_snapshot_leaves_no_file(cluster, path):
    with wb.open(path) as snap:
        await cluster.plan(snap.replay("true"), to="again")
        assert repr(snap.replays) == "no replay was planned yet"
        assert snap.replays.rows() == []
    assert not journal_path(path).exists()


async def test_the_list_says_what_can_be_done(cluster, path):
    with wb.open(path) as snap:
        plan = await cluster.plan(snap.replay("true"))
        snap.journal().add_plan(plan.to_json(), writer_mode="transactional")
        assert [(row["token"], row["next"]) for row in snap.replays.rows()] == [(plan.token, "run")]
        with snap.journal()._connection.transaction() as cursor:
            cursor.execute("UPDATE replays SET created_at = created_at - INTERVAL 61 MINUTE")
        assert [row["next"] for row in snap.replays.rows()] == ["plan again"], "a plan is good for an hour"


async def test_a_run_is_listed_shown_and_verified_again(cluster, path):
    with wb.open(path) as snap:
        plan = await cluster.plan(snap.replay("true"))
        report = await cluster.run(plan, confirm=plan.token)
        assert report.state == "verified"
        (row,) = snap.replays.rows()
        assert (row["run"], row["token"], row["state"], row["records"]) == (plan.run_id, plan.token, "verified", 6)
        assert (row["next"], row["mode"], row["reason"]) == ("", "recording", cluster.reason)
        assert snap.replays.frame["target"].tolist() == plan.facts.target_topics
        assert plan.run_id in repr(snap.replays)
        assert "<table" in snap.replays._repr_html_()
        several = {"records": 2141, "target": "orders.replay.1, mails.replay.1, bills.replay.1"}
        assert _shown(several) == {"records": "2,141", "target": "orders.replay.1 and 2 more"}
        assert snap.replays.show(plan.run_id[:8]).counts["acked"] == 6
        again = await snap.replays.verify(plan.run_id[:8], cluster)
        assert (again.state, again.verification.passed) == ("verified", True)
        with pytest.raises(ReplayRefused, match="it is verified"):
            await snap.replays.abandon(plan.run_id, cluster)
        with pytest.raises(SnapshotError, match="there is no run 'zz'"):
            snap.replays.show("zz")
        (target,) = plan.facts.target_topics
        with pytest.raises(ReplayRefused, match="did not create"):
            await snap.replays.delete_created(plan.run_id, cluster, topic="again")
        await snap.replays.delete_created(plan.run_id, cluster, topic=target)
        assert await cluster.log.describe([target]) == []
        assert f"The run created {target}, which was deleted since." in repr(snap.replays.show(plan.run_id))
    shown = RUNNER.invoke(application(), ["replay", "list", str(path), "-J"])
    assert json.loads(shown.stdout)["run"] == plan.run_id
    shown = RUNNER.invoke(application(), ["replay", "show", str(path), plan.run_id[:8]])
    assert (shown.exit_code, plan.run_id in shown.stdout) == (0, True)


async def test_a_run_in_the_file_itself_is_changed_only_when_it_is_open_for_writing(cluster, path):
    with wb.open(path, write=True) as snap:
        plan = await cluster.plan(snap.replay("true"), to="again")
        await cluster.run(plan, confirm=plan.token)
        with snap.store.transaction() as cursor:
            cursor.execute("UPDATE replays SET state = 'running'")
    with wb.open(path) as snap:
        assert [row["state"] for row in snap.replays.rows()] == ["in_doubt"]
        with pytest.raises(SnapshotError, match="Open it with write=True"):
            await snap.replays.verify(plan.run_id, cluster)
        refused = await cluster.plan(snap.replay("true"), to="again")
        assert [refusal.rule for refusal in refused.refusals][:1] == ["G-21"]
        assert f"workbench replay resume SNAPSHOT {plan.run_id}" in str(refused.refusals[0])
    with wb.open(path, write=True) as snap:
        assert (await snap.replays.verify(plan.run_id, cluster)).state == "verified"


async def test_a_stopped_run_says_how_it_goes_on_and_is_resumed_from_its_journal_alone(
    cluster, path, monkeypatch, capsys
):
    monkeypatch.setattr(batches, "BATCH_RECORDS", 2)
    with wb.open(path) as snap:
        plan = await cluster.plan(snap.replay("true"), to="again")

        def stop(progress):
            # Once: a second cancellation does not wait for the batch that is under way.
            if progress.state == "running" and dict(progress.counts)["records"] == 2 and not run.cancelling():
                run.cancel()

        run = asyncio.ensure_future(cluster.run(plan, confirm=plan.token, progress=stop))
        with pytest.raises(asyncio.CancelledError):
            await run
        assert [row["state"] for row in snap.replays.rows()] == ["stopped"]

    async def interrupted():
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await until_stopped(interrupted(), path, plan.token, as_json=False)
    assert f"workbench replay resume SNAPSHOT {plan.run_id}" in capsys.readouterr().out
    assert interrupted_run(path, "00000000") is None
    with wb.open(path) as snap:
        report = await snap.replays.resume(plan.run_id[:8], cluster)
        assert (report.state, report.counts["acked"]) == ("verified", 6)
        with pytest.raises(ReplayRefused, match="was not resumed: it is verified"):
            await snap.replays.resume(plan.run_id, cluster)
    (end,) = (await cluster.log.offsets([TopicPartition("again", 0)], "latest")).values()
    assert end == 9, "six records, and the markers of three transactions"


async def test_a_run_of_which_nothing_was_acknowledged_is_not_verified(cluster, path):
    with wb.open(path) as snap:
        plan = await cluster.plan(snap.replay("true"), to="again")
        control = RunControl()
        control.cancel()
        assert (await cluster.run(plan, confirm=plan.token, control=control)).state == "stopped"
        report = await snap.replays.verify(plan.run_id, cluster)
        assert (report.state, report.verification.passed, report.exit_status) == ("stopped", False, 3)
        assert report.verification.summary.startswith("level 1: delivery not verified (compare the records of the run)")
        assert "not checked: compare the records of the run - none was acknowledged, so nothing" in repr(report)
        assert (await snap.replays.resume(plan.run_id, cluster)).state == "verified"
        assert (await snap.replays.verify(plan.run_id, cluster)).verification.passed


@pytest.fixture
def other_process(path):
    """Another process that holds the journal of the snapshot."""
    code = "import sys; from workbench.store.journal import Journal; kept = Journal.open(sys.argv[1])"
    command = [sys.executable, "-c", f"{code}; print(flush=True); sys.stdin.read()", str(journal_path(path))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline()
        yield process
        process.communicate()


@pytest.mark.usefixtures("other_process")
async def test_while_another_process_has_the_journal_it_is_said_that_nothing_is_known(path):
    with wb.open(path) as snap:
        letters = snap.dead_letters()
    assert "Which letters were sent home is not known now: " in letters.note
    assert letters.note in repr(letters)
    shown = RUNNER.invoke(application(), ["dlq", str(path)])
    assert "is being written by process" in " ".join(shown.stderr.split())


async def test_a_run_of_former_values_is_resumed_with_its_draft_or_made_again(cluster, tmp_path, monkeypatch):
    await cluster.log.create_topic("state", partitions=1, config={"cleanup.policy": "compact"})
    await cluster.log.create_topic("news", partitions=1)

    async def write(topic, text):
        async with cluster.log.writer() as writer:
            await writer.send([NewRecord(topic, key, text + key, (), 0) for key in (b"a", b"b", b"c")])

    await write("state", b"old ")
    await write("news", b"new ")
    snap = await cluster.capture("news", into=tmp_path / "news.duckdb", progress=False)
    done = await cluster.plan(snap.replay("true"), to="state", accept_groups=[])
    await cluster.run(done, confirm=done.token)
    monkeypatch.setattr(batches, "BATCH_RECORDS", 1)

    async def stopped(draft):
        control = RunControl()
        plan = await cluster.plan(draft, to="state")

        def stop(progress):
            if dict(progress.counts)["records"]:
                control.cancel()

        report = await cluster.run(plan, confirm=plan.token, control=control, progress=stop)
        assert report.state == "stopped"
        return plan.run_id

    draft = await snap.replays.former_values(done.run_id, cluster)
    run = await stopped(draft)
    with pytest.raises(ReplayRefused, match=f"the values of 3 keys before run {done.run_id}.* draft=draft"):
        await snap.replays.resume(run, cluster)
    left = await snap.replays.former_values(done.run_id, cluster)
    report = await snap.replays.resume(run, cluster, draft=draft)
    assert (report.state, report.counts["acked"], len(left)) == ("verified", 3, 2)
    snap.close()


async def test_a_run_that_never_began_has_nothing_to_resume(cluster, path):
    with wb.open(path) as snap:
        plan = await cluster.plan(snap.replay("true"), to="again")
        snap.journal().add_plan(plan.to_json(), writer_mode="transactional")
        with pytest.raises(SnapshotError, match="it never began"):
            await snap.replays.resume(plan.run_id, cluster)
        report = await snap.replays.verify(plan.run_id, cluster)
        assert (report.state, report.exit_status) == ("planned", 3)
        assert [str(check) for check in report.verification.checks] == [
            "not checked: compare the records of the run - it was never run"
        ]
        for wrong in (cluster.run("plan", confirm="x"), asyncio.to_thread(cluster.panel, "plan")):
            with pytest.raises(ValidationError, match="What is run is a plan"):
                await wrong


@pytest.mark.parametrize(
    "arguments", [["replay", "show", "none.duckdb", "x"], ["replay", "none.duckdb", "--where", "1"]]
)
def test_a_file_that_is_not_there_is_an_error_of_ours(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = RUNNER.invoke(application(), arguments)
    assert result.exit_code == 1
    assert "There is no snapshot none.duckdb" in result.stderr
    assert list(tmp_path.iterdir()) == []


MASKED_TARGET = """
[masking]
[[masking.rules]]
topics = ["again"]
paths = ["n"]
allow_headers = ["nothing"]
action = "remove"
"""


async def test_a_masked_target_is_compared_as_it_is(topic_name, tmp_path, monkeypatch):
    """Masking hides what people would see; what is on a target must be known exactly, or it is sent twice."""
    monkeypatch.setattr(batches, "BATCH_RECORDS", 2)
    settings = tmp_path / "workbench.toml"
    settings.write_text(MASKED_TARGET)
    monkeypatch.setenv("WORKBENCH_CONFIG", str(settings))
    async with await wb.connect(f"memory://{topic_name('masked')}", write=True, reason="test") as cluster:
        for topic in ("orders", "again"):
            await cluster.log.create_topic(topic, partitions=1)
        async with cluster.log.writer() as writer:
            await writer.send([NewRecord("orders", b"k", b'{"n": %d}' % at, (), 0) for at in range(6)])
        with await cluster.capture("orders", into=tmp_path / "incident.duckdb", progress=False) as snap:
            plan = await cluster.plan(snap.replay("true"), to="again")
            assert (await cluster.run(plan, confirm=plan.token)).state == "verified"
            assert (await snap.replays.verify(plan.run_id, cluster)).verification.passed
            # As if the process had died before it noted the end of its last batch.
            with snap.store.transaction() as cursor:
                cursor.execute("UPDATE replays SET state = 'running'")
                cursor.execute("UPDATE replay_txns SET state = 'intent' WHERE txn_no = 2")
                cursor.execute("UPDATE replay_positions SET next_target_offset = NULL")
                cursor.execute("DELETE FROM replay_outcomes WHERE seq >= 4")
        with wb.open(snap.path, write=True) as snap:
            report = await snap.replays.resume(plan.run_id, cluster)
            assert (report.state, report.counts["acked"]) == ("verified", 6)
        found = [record async for record in cluster.records("again", start="start", stop_at_end=True)]
        assert len(found) == 6
        assert all(b"n" not in (record.value or b"") for record in found), "people see none of it"


async def test_the_panel_shows_what_a_stopped_run_wrote_and_how_it_goes_on(cluster, path, monkeypatch):
    monkeypatch.setattr(batches, "BATCH_RECORDS", 2)
    with wb.open(path) as snap:
        plan = await cluster.plan(snap.replay("true", records_per_s=20), to="again")
        panel = cluster.panel(plan)
        assert panel.source.report() is None
        panel.token.value = plan.token
        panel.run_button.click()
        await until(lambda: dict(panel.source.progress.counts).get("records", 0) > 0)
        panel.stop_button.click()
        await until(lambda: panel.state != "running")
        assert panel.state == "stopped"
        assert (panel.report.state, panel.report.counts["unsent"] > 0) == ("stopped", True)
        shown = repr(panel.snapshot())
        assert f"workbench replay resume SNAPSHOT {plan.run_id} -b BROKER --reason WHY" in shown
        report = await snap.replays.resume(plan.run_id, cluster)
        assert (report.state, report.next_step) == ("verified", "")
        panel.close()
