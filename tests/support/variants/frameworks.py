"""Messages of service frameworks: NServiceBus and MassTransit."""

from __future__ import annotations

from typing import Any

from variants.rows import Headers, Row, Values, dumped, texts, variant

_TYPE = "Shop.Contracts.OrderBilled, Shop.Contracts, Version=1.0.0.0, Culture=neutral;Shop.Contracts.IEvent"


def _sent(values: Values, at: int) -> str:
    """The times of NServiceBus: a colon before the fraction, and a space before the zone."""
    return values.time(at, " Z", " ").replace(".", ":")


def nservicebus(values: Values, at: int) -> dict[str, str]:
    return {
        "NServiceBus.MessageId": values.id(),
        "NServiceBus.MessageIntent": "Publish",
        "NServiceBus.ConversationId": values.id(),
        "NServiceBus.CorrelationId": values.id(),
        "NServiceBus.RelatedTo": values.id(),
        "NServiceBus.EnclosedMessageTypes": _TYPE,
        "NServiceBus.ContentType": "application/json",
        "NServiceBus.OriginatingEndpoint": "Billing",
        "NServiceBus.ProcessingEndpoint": "Shipping",
        "NServiceBus.TimeSent": _sent(values, at),
        "NServiceBus.ProcessingStarted": _sent(values, at + 1),
        "NServiceBus.ProcessingEnded": _sent(values, at + 2),
    }


@variant("nservicebus", "all", 3_056)
def nservicebus_all(values: Values, at: int) -> Row:
    return texts(nservicebus(values, at)), dumped(values.order(at))


@variant("nservicebus", "mix", 3_885)
def nservicebus_mix(values: Values, at: int) -> Row:
    needed = ("NServiceBus.MessageId", "NServiceBus.ConversationId", "NServiceBus.EnclosedMessageTypes")
    return texts(values.some(nservicebus(values, at), *needed)), dumped(values.order(at, 110))


@variant("nservicebus", "min", 4_534)
def nservicebus_least(values: Values, at: int) -> Row:
    names = ("NServiceBus.MessageId", "NServiceBus.EnclosedMessageTypes", "NServiceBus.TimeSent")
    made = nservicebus(values, at)
    return texts({name: made[name] for name in names}), dumped(values.order(at, 240))


@variant("nservicebus", "error queue (FailedQ, ExceptionInfo)", 2_954)
def nservicebus_error(values: Values, at: int) -> Row:
    failed = {
        "NServiceBus.FailedQ": "Shipping",
        "NServiceBus.ExceptionInfo.ExceptionType": "System.InvalidOperationException",
        "NServiceBus.ExceptionInfo.Message": "no stock",
    }
    return texts(nservicebus(values, at) | failed), dumped(values.order(at))


def masstransit(values: Values, at: int) -> dict[str, Any]:
    return {
        "messageId": values.id(),
        "requestId": values.id(),
        "correlationId": values.id(),
        "conversationId": values.id(),
        "initiatorId": values.id(),
        "sourceAddress": "loopback://localhost/web",
        "destinationAddress": "loopback://localhost/Shop:SubmitOrder",
        "messageType": ["urn:message:Shop:SubmitOrder", "urn:message:Shop:ICommand"],
        "message": values.order(at),
        "sentTime": values.time(at, "Z"),
        "headers": {},
    }


@variant("masstransit", "all", 3_369)
def masstransit_all(values: Values, at: int) -> Row:
    host = {"machineName": "web-1", "processName": "dotnet", "assembly": "Shop"}
    return [], dumped({**masstransit(values, at), "host": host})


@variant("masstransit", "mix", 3_633)
def masstransit_mix(values: Values, at: int) -> Row:
    needed = ("messageId", "conversationId", "messageType", "message", "sourceAddress")
    return [], dumped(values.some(masstransit(values, at), *needed))


@variant("masstransit", "min", 3_750)
def masstransit_least(values: Values, at: int) -> Row:
    names = ("messageId", "conversationId", "messageType", "message")
    made = masstransit(values, at)
    return [], dumped({name: made[name] for name in names} | {"message": values.order(at, 260)})


@variant("masstransit", "one type in messageType", 3_366)
def masstransit_one_type(values: Values, at: int) -> Row:
    return [], dumped({**masstransit(values, at), "messageType": ["urn:message:Shop:SubmitOrder"]})


def rider(values: Values, _: int) -> dict[str, str]:
    return {
        "MessageId": values.id(),
        "CorrelationId": values.id(),
        "ConversationId": values.id(),
        "InitiatorId": values.id(),
        "SourceAddress": "loopback://localhost/web",
        "DestinationAddress": "topic:orders",
        "MT-MessageType": "urn:message:Shop:OrderAccepted",
    }


@variant("masstransit_rider", "all", 4_470)
def rider_all(values: Values, at: int) -> Row:
    return texts(rider(values, at)), dumped(values.order(at))


@variant("masstransit_rider", "mix", 588_850)
def rider_mix(values: Values, at: int) -> Row:
    made = rider(values, at)
    del made["MT-MessageType"]
    return texts(values.some(made, "MessageId", "ConversationId")), dumped(values.order(at, 100))


@variant("masstransit_rider", "min", 1_593_144)
def rider_least(values: Values, at: int) -> Row:
    made = rider(values, at)
    return texts({name: made[name] for name in ("MessageId", "ConversationId")}), dumped(values.order(at, 180))


def wolverine(values: Values, at: int) -> dict[str, str]:
    return {
        "id": values.id(),
        "conversation-id": values.id(),
        "correlation-id": values.id(),
        "causation-id": values.id(),
        "message-type": "shop.OrderShipped",
        "source": "shipping",
        "tenant-id": "acme",
        "user-name": "alice",
        "sent-at": _sent(values, at),
        "content-type": "application/json",
        "wolverine-protocol-version": "1.0",
    }


def wolverine_headers(values: Values, at: int, **more: str) -> Headers:
    return texts({**wolverine(values, at), **{name.replace("_", "-"): text for name, text in more.items()}})
