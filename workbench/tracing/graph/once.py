"""Values that several threads ask for: made by the one that asks first, while the others wait."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

Value = TypeVar("Value")


class once(Generic[Value]):  # noqa: N801 - used as a decorator, like `functools.cached_property`
    """A property whose value is made once and kept.

    `functools.cached_property` makes it once for each thread that asks early (since Python 3.12), which costs the time
    and the memory of a second value.
    """

    def __init__(self, make: Callable[[Any], Value]) -> None:
        self._make = make
        self.__doc__ = make.__doc__
        self._name = make.__name__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type) -> Value: ...

    def __get__(self, instance: object | None, owner: type) -> Self | Value:
        if instance is None:
            return self
        kept, lock = instance.__dict__, f"{self._name} lock"
        # `setdefault` is one step for all threads: they get one lock.
        with kept.setdefault(lock, Lock()):
            try:
                if self._name not in kept:
                    kept[self._name] = self._make(instance)
            finally:
                kept.pop(lock, None)
        value: Value = kept[self._name]
        return value
