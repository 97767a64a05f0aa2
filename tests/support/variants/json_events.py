"""Events of build servers, and events of nobody's convention that carry the usual names: Eiffel, CDEvents, generic."""

from __future__ import annotations

from typing import Any

from variants.rows import TIME_MS, Row, Values, dumped, texts, variant


def eiffel(values: Values, at: int, *links: str) -> bytes:
    meta = {"id": values.id(), "type": "EiffelArtifactCreatedEvent", "version": "3.0.0", "time": TIME_MS + at}
    meta["source"] = {"domainId": "ci", "name": "builder"}
    named = [{"type": name, "target": values.id()} for name in links]
    return dumped({"meta": meta, "data": {"identity": f"pkg:maven/shop/order@{at}"}, "links": named})


@variant("eiffel", "one cause", 3_991)
def eiffel_one(values: Values, at: int) -> Row:
    return [], eiffel(values, at, "CAUSE", "FLOW_CONTEXT")


@variant("eiffel", "two causes", 4_000)
def eiffel_two(values: Values, at: int) -> Row:
    return [], eiffel(values, at, "CAUSE", "CAUSE", "FLOW_CONTEXT")


@variant("eiffel", "no links", 4_946)
def eiffel_none(values: Values, at: int) -> Row:
    return [], eiffel(values, at)


def cdevent(values: Values, at: int, **more: Any) -> bytes:
    context = {
        "specversion": "0.5.0",
        "id": values.id(),
        "chainId": values.id(),
        "type": "dev.cdevents.pipelinerun.started.0.2.0",
        "source": "/ci/main",
        "timestamp": values.time(at, "Z"),
        **more,
    }
    return dumped({"context": context, "subject": {"id": f"run-{at}", "content": {}}})


@variant("cdevents", "no links", 4_119)
def cdevents_none(values: Values, at: int) -> Row:
    return [], cdevent(values, at)


@variant("cdevents", "path link", 3_815)
def cdevents_path(values: Values, at: int) -> Row:
    return [], cdevent(values, at, links=[{"linkType": "PATH", "from": {"contextId": values.id()}}])


def generic(values: Values, at: int, length: int = 110) -> dict[str, Any]:
    return {
        "eventId": values.id(),
        "correlationId": values.id(),
        "causationId": values.id(),
        "type": "OrderPacked",
        "source": "packing",
        "environment": "prod",
        "time": values.time(at, "Z"),
        **values.order(at, length),
    }


@variant("generic_json", "all", 573_876)
def generic_all(values: Values, at: int) -> Row:
    return [], dumped(generic(values, at))


@variant("generic_json", "mix", 557_854)
def generic_mix(values: Values, at: int) -> Row:
    return [], dumped(values.some(generic(values, at, 170), "eventId", "correlationId", "order", "items", "note"))


@variant("generic_json", "min", 1_067_128)
def generic_least(values: Values, at: int) -> Row:
    return [], dumped({"eventId": values.id(), "correlationId": values.id(), **values.order(at, 190)})


@variant("generic_json", "epoch time as a number", 723_335)
def generic_epoch(values: Values, at: int) -> Row:
    return [], dumped({**generic(values, at), "time": TIME_MS + at})


@variant("generic_json", "ids are numbers (int64)", 1_032_127)
def generic_numbers(values: Values, at: int) -> Row:
    ids = {name: values.getrandbits(62) for name in ("eventId", "correlationId", "causationId")}
    return [], dumped({**generic(values, at, 90), **ids})


def alias_headers(values: Values) -> dict[str, str]:
    return {
        "message_id": values.id(),
        "correlation_id": values.id(),
        "causation_id": values.id(),
        "event_type": "order.packed",
        "source": "packing",
    }


@variant("generic_headers", "all", 1_854_983)
def headers_all(values: Values, at: int) -> Row:
    return texts(alias_headers(values)), dumped(values.order(at, 40))


@variant("generic_headers", "mix", 1_036_880)
def headers_mix(values: Values, at: int) -> Row:
    return texts(values.some(alias_headers(values), "correlation_id")), dumped(values.order(at, 70))


@variant("generic_headers", "min", 2_565_579)
def headers_least(values: Values, at: int) -> Row:
    return texts({"correlation_id": values.id()}), dumped(values.order(at, 70))
