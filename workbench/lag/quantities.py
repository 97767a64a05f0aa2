"""The arithmetic of one sample: lag, lost, readable, held, and why a value is absent.

With c committed, l low, s lso, h high:
``lag = max(0, h - c)``, ``lag_committed = max(0, s - c)``, ``lost = max(0, l - c)``,
``readable = max(0, h - max(c, l))``, ``held = h - s``, ``ahead = max(0, c - h)``, ``margin = c - l``,
``retention_use = (h - c) / (h - l)``. All are in offsets: an upper bound of records, because compaction gaps, control
records and aborted data lie between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.model.lag import LagRound

COLUMNS = {
    "at": "datetime64[us, UTC]",
    "group_id": "str",
    "topic": "str",
    "partition": "Int64",
    "lag": "Int64",
    "lost": "Int64",
    "readable": "Int64",
    "held": "Int64",
    "lag_committed": "Int64",
    "ahead": "Int64",
    "committed": "Int64",
    "low": "Int64",
    "lso": "Int64",
    "high": "Int64",
    "margin": "Int64",
    "retention_use": "Float64",
    "reason": "str",
    "lag_if_at_end": "Int64",
    "lag_if_at_start": "Int64",
    "state": "str",
    "protocol": "str",
    "members": "Int64",
    "member_id": "str",
    "round_id": "Int64",
}
"""Columns and dtypes. ``reason`` says why lag is absent (``no-commit`` or an error); then ``lag_if_at_end`` and
``lag_if_at_start`` bound it: what it would be if the group began at the end, or at the beginning."""


def lag_frame(rounds: LagRound | Iterable[LagRound]) -> pd.DataFrame:
    """Lay rounds out as one row per round, group and partition, worst lag first within a round.

    ``.attrs["provenance"]`` holds, per round, the times of the reads and what could not be read.
    """
    taken = [rounds] if not hasattr(rounds, "__iter__") else list(rounds)
    frames = [_one(sample) for sample in taken]
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(COLUMNS)).astype(COLUMNS)
    frame.attrs["provenance"] = [_provenance(sample) for sample in taken]
    return frame


def group_totals(frame: pd.DataFrame) -> pd.DataFrame:
    """Sum the newest round by group; ``unknown`` counts partitions without a lag beside the sum of the others."""
    newest = frame[frame["round_id"] == frame["round_id"].max()] if len(frame) else frame
    grouped = newest.groupby("group_id", sort=True)
    totals = grouped.agg(
        state=("state", "first"),
        members=("members", "first"),
        topics=("topic", "nunique"),
        partitions=("partition", "size"),
        lag=("lag", "sum"),
        max_lag=("lag", "max"),
        lost=("lost", "sum"),
        held=("held", "sum"),
        unknown=("lag", lambda lags: int(lags.isna().sum())),
    ).reset_index()
    whole = {"topics": "Int64", "partitions": "Int64", "unknown": "Int64"}
    totals = totals.astype({name: kind for name, kind in whole.items() if name in totals})
    totals.loc[totals["unknown"] == totals["partitions"], ["lag", "lost"]] = pd.NA
    return totals.sort_values("lag", ascending=False, na_position="last", kind="stable", ignore_index=True)


def _one(sample: LagRound) -> pd.DataFrame:
    commits = pd.DataFrame(
        {
            "group_id": [c.group_id for c in sample.commits],
            "topic": [c.topic for c in sample.commits],
            "partition": [c.partition for c in sample.commits],
            "committed": pd.array([c.committed for c in sample.commits], dtype="Int64"),
            "member_id": [c.member_id for c in sample.commits],
            "commit_error": [c.error for c in sample.commits],
        },
    )
    bounds = pd.DataFrame(
        {
            "topic": [o.topic for o in sample.offsets],
            "partition": [o.partition for o in sample.offsets],
            **{
                name: pd.array([getattr(o, name) for o in sample.offsets], dtype="Int64")
                for name in ("low", "lso", "high")
            },
            "bounds_error": [o.error for o in sample.offsets],
        },
    )
    groups = pd.DataFrame(
        {
            "group_id": [g.group_id for g in sample.groups],
            "state": [g.state for g in sample.groups],
            "protocol": [g.protocol for g in sample.groups],
            "members": [None if g.error else len(g.members) for g in sample.groups],
        },
    )
    joined = commits.merge(bounds, on=["topic", "partition"], how="left").merge(groups, on="group_id", how="left")
    frame = _quantities(joined)
    frame["at"] = pd.Timestamp(sample.high_at_ms, unit="ms", tz="UTC")
    frame["round_id"] = sample.round_id
    ordered = frame.sort_values(
        ["lag", "group_id", "topic", "partition"],
        ascending=[False, True, True, True],
        na_position="first",
    )
    return ordered[list(COLUMNS)].astype(COLUMNS).reset_index(drop=True)


def _quantities(joined: pd.DataFrame) -> pd.DataFrame:
    committed, low, lso, high = (joined[name].astype("Int64") for name in ("committed", "low", "lso", "high"))
    known = committed.notna()
    span = (high - low).astype("Float64")
    use = (high - committed).astype("Float64") / span.mask(span == 0)
    reason = joined["commit_error"].where(joined["commit_error"].notna(), joined["bounds_error"])
    reason = reason.where(reason.notna() | known, "no-commit")
    no_commit = reason == "no-commit"
    return joined.assign(
        lag=_at_least_0(high - committed),
        lag_committed=_at_least_0(lso - committed),
        lost=_at_least_0(low - committed),
        readable=_at_least_0(high - np.maximum(committed, low)),
        held=_at_least_0(high - lso),
        ahead=_at_least_0(committed - high),
        margin=committed - low,
        retention_use=use,
        reason=reason,
        lag_if_at_end=pd.Series(0, index=joined.index, dtype="Int64").where(no_commit),
        lag_if_at_start=(high - low).where(no_commit),
    )


def _at_least_0(values: pd.Series) -> pd.Series:
    return values.clip(lower=0)


def _provenance(sample: LagRound) -> dict[str, object]:
    return {
        "cluster_id": sample.cluster_id,
        "round_id": sample.round_id,
        "low_at_ms": sample.low_at_ms,
        "committed_at_ms": sample.committed_at_ms,
        "high_at_ms": sample.high_at_ms,
        "note": "lag counts offsets, an upper bound of records; it is overstated by at most what was produced between "
        "committed_at_ms and high_at_ms",
        "errors": list(sample.errors),
    }
