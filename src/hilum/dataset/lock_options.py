"""Frozen dataclasses of plain values ↔ the JSON of a lock.

A field is text, a number, a truth value, one of an enumeration or of a few literals, another such
dataclass, a tuple of these, or one of them or None.
"""

from __future__ import annotations

import dataclasses
import enum
import types
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, TypeVar, cast, get_args, get_origin, get_type_hints

from hilum.errors import DatasetError

T = TypeVar("T")

NOT_LOCKED = frozenset({"workers", "salt", "lungs_only"})
"""The option that changes no byte, the one that is secret, and the one that is a model."""


def options_to_values(options: Any) -> dict[str, Any]:
    """Every field of ``options`` as JSON says it, those of :data:`NOT_LOCKED` left out."""
    return {
        field.name: _to_value(getattr(options, field.name))
        for field in dataclasses.fields(options)
        if field.name not in NOT_LOCKED
    }


def _to_value(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return options_to_values(value)
    if isinstance(value, tuple):
        return [_to_value(inner) for inner in value]
    return value.value if isinstance(value, enum.Enum) else value


def options_from_values(kind: type[T], values: Any, *, path: Path, place: str = "options") -> T:
    """The options of ``kind`` that :func:`options_to_values` gave ``values`` for.

    A field that ``values`` do not name has its default. ``path`` is the lock, for errors.

    Raises:
        DatasetError: an option is unknown here, or has a value it cannot have.
    """
    if not isinstance(values, dict):
        raise _wrong(path, place, values, "an object")
    hints = get_type_hints(kind)
    names = {field.name for field in dataclasses.fields(cast(Any, kind)) if field.init}
    unknown = sorted(values.keys() - (names - NOT_LOCKED))
    if unknown:
        raise DatasetError(
            "the lock has options that this version of hilum does not know",
            path=path,
            got=", ".join(f"{place}.{name}" for name in unknown),
            remedy="install the version of hilum that the lock names",
        )
    return kind(
        **{
            name: _from_value(hints[name], value, path, f"{place}.{name}")
            for name, value in values.items()
        }
    )


def _from_value(hint: Any, value: Any, path: Path, place: str) -> Any:
    origin, parts = get_origin(hint), get_args(hint)
    if origin is types.UnionType:  # of one kind and None
        return None if value is None else _from_value(parts[0], value, path, place)
    if dataclasses.is_dataclass(hint):
        return options_from_values(cast(type[Any], hint), value, path=path, place=place)
    if origin is tuple:
        return _from_list(parts, value, path, place)
    if origin is Literal:
        if value in parts:
            return value
    elif issubclass(hint, enum.Enum):
        with suppress(ValueError):
            return hint(value)
    elif hint is float and type(value) in (int, float):
        return float(value)
    elif type(value) is hint:
        return value
    raise _wrong(path, place, value, getattr(hint, "__name__", str(hint)))


def _from_list(parts: tuple[Any, ...], value: Any, path: Path, place: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise _wrong(path, place, value, "a list")
    hints = [parts[0]] * len(value) if parts[-1] is ... else parts
    if len(hints) != len(value):
        raise _wrong(path, place, value, f"{len(hints)} values")
    return tuple(_from_value(h, v, path, place) for h, v in zip(hints, value, strict=True))


def _wrong(path: Path, place: str, value: Any, expected: str) -> DatasetError:
    return DatasetError(
        "the lock's options cannot be followed",
        path=path,
        got=f"{place} = {value!r}",
        expected=expected,
        remedy="use the lock as 'hilum compile' wrote it",
    )
