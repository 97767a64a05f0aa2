"""Makes the decoder from ``workbench.toml``: built-in and own envelope conventions, and those fixed for a topic."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeVar

from workbench.session.masking import present_policy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    import pyarrow as pa

    from workbench.config.settings import Settings
    from workbench.decoding import Decoder
    from workbench.decoding.conventions.convention import Convention
    from workbench.decoding.formats.topic_format import TopicFormat
    from workbench.model.schemas import Schemas


def own_conventions(
    conventions: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Mapping[str, Any]]:
    """Return the conventions of the settings file and of the caller by name; those of the caller come last."""
    from workbench.config import load_settings

    return {**load_settings().conventions, **(conventions or {})}


class TopicDecoder:
    """Decodes each topic by the convention that ``[topics]`` of ``workbench.toml`` fixes for it, if one does.

    Topics are looked up when their first records come, so it also suits those that appear while a capture or tail goes
    on. The settings are those of the moment when it was made.
    """

    def __init__(
        self,
        conventions: Sequence[Convention],
        patterns: Mapping[str, str],
        formats: Mapping[str, TopicFormat] | None = None,
        free: Decoder | None = None,
        *,
        masked: Callable[[str], bool] | None = None,
    ) -> None:
        from workbench.decoding import Decoder

        self._conventions = conventions
        self._patterns = patterns
        self._formats = formats or {}
        self._masked = masked or (lambda _: False)
        self._free = Decoder(conventions) if free is None else free
        self._by_topic: dict[str, Decoder] = {}

    def decode(self, records: pa.RecordBatch | pa.Table, topic: str) -> pa.RecordBatch:
        """Decode records of a topic; see `workbench.decoding.Decoder.decode`."""
        return self.of_topic(topic).decode(records, topic)

    def of_topic(self, topic: str) -> Decoder:
        """Return the decoder of a topic."""
        decoder = self._by_topic.get(topic)
        if decoder is None:
            decoder = self._by_topic[topic] = self._decoder_of(topic)
        return decoder

    def _decoder_of(self, topic: str) -> Decoder:
        from workbench.decoding import Decoder, TopicConvention

        convention, fixed = _of_topic(self._patterns, topic), _of_topic(self._formats, topic)
        fixed = None if self._masked(topic) else fixed
        if convention is None and fixed is None:
            return self._free
        return Decoder(
            self._conventions,
            None if convention is None else {topic: TopicConvention(convention)},
            schemas=self._free.schemas,
            topic_formats=None if fixed is None else {topic: fixed},
        )

    def reads_other_formats(self, topic: str) -> bool:
        """Whether any value of a topic may be of another format than JSON, whatever it begins with."""
        from workbench.decoding.formats.registry import BUILTIN_FORMATS

        return _of_topic(self._formats, topic) is not None or self._free.formats != BUILTIN_FORMATS

    def with_schemas(self, schemas: Schemas) -> TopicDecoder:
        """Return a decoder that knows these schemas, too."""
        free = self._free.with_schemas(schemas)
        return TopicDecoder(self._conventions, self._patterns, self._formats, free, masked=self._masked)


_Setting = TypeVar("_Setting")


def _of_topic(patterns: Mapping[str, _Setting], topic: str) -> _Setting | None:
    """Return the setting of the first pattern that matches a topic."""
    return next((found for pattern, found in patterns.items() if fnmatchcase(topic, pattern)), None)


def topic_decoder(
    conventions: Mapping[str, Mapping[str, Any]] | None = None, *, as_written: bool = False
) -> TopicDecoder:
    """Make the decoder of the settings file.

    Args:
        conventions: Additional conventions by name, besides those of the settings file.
        as_written: Decode records as producers wrote them. Otherwise those of topics whose values are masked are JSON,
            whatever format the settings fix for them: that is what masking makes of them.

    Raises:
        ConfigurationError: A convention is not valid, or a pattern of topics names one that does not exist.
    """
    from workbench.config import load_settings
    from workbench.decoding import load_conventions
    from workbench.errors import ConfigurationError

    settings = load_settings()
    loaded = load_conventions(own_conventions(conventions))
    known = {convention.name for convention in loaded}
    for pattern, name in settings.topics.items():
        if name not in known:
            raise ConfigurationError(
                f"{settings.path}: topics.{pattern!r} names the convention {name!r}, which does not exist; "
                f"there are {', '.join(sorted(known))}.",
            )
    policy = None if as_written else present_policy()
    masked = None if policy is None else policy.masks_values
    return TopicDecoder(loaded, settings.topics, _topic_formats(settings), masked=masked)


def _topic_formats(settings: Settings) -> dict[str, TopicFormat]:
    """Read the schema files that the settings name.

    Raises:
        ConfigurationError: A file cannot be read.
    """
    from workbench.decoding.formats.topic_format import TopicFormat

    return {
        pattern: TopicFormat(entry.format, _content(entry.schema), entry.message, _content(entry.reader_schema))
        for pattern, entry in settings.topic_formats.items()
    }


def _content(file: Path | None) -> bytes:
    from workbench.errors import ConfigurationError

    if file is None:
        return b""
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"The schema {file} cannot be read: {error.strerror}. Correct [topics].") from error
