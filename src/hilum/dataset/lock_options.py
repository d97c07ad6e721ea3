"""Frozen dataclasses of plain values ↔ the JSON of a lock, whatever fields they have."""

from __future__ import annotations

import dataclasses
import enum
import types
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

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
    if isinstance(value, dict):
        return {str(key): _to_value(inner) for key, inner in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(map(_to_value, value))
    if isinstance(value, list | tuple):
        return [_to_value(inner) for inner in value]
    if isinstance(value, enum.Enum):
        return value.value
    return str(value) if isinstance(value, Path) else value


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
    if origin in (Union, types.UnionType):
        return _first_that_fits(parts, value, path, place)
    if dataclasses.is_dataclass(hint):
        return options_from_values(cast(type[Any], hint), value, path=path, place=place)
    if origin in (tuple, list, set, frozenset) or _is_sequence(origin):
        return _from_list(origin, parts, value, path, place)
    if origin is dict and isinstance(value, dict):
        key_hint, inner_hint = parts
        return {
            _from_value(key_hint, key, path, place): _from_value(inner_hint, inner, path, place)
            for key, inner in value.items()
        }
    if isinstance(hint, type) and issubclass(hint, enum.Enum | Path):
        try:
            return hint(value)
        except (ValueError, TypeError):
            raise _wrong(path, place, value, f"a {hint.__name__}") from None
    if get_args(hint) and value in get_args(hint):  # Literal
        return value
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint is Any or (isinstance(hint, type) and type(value) is hint):
        return value
    raise _wrong(path, place, value, getattr(hint, "__name__", str(hint)))


def _is_sequence(origin: Any) -> bool:
    return isinstance(origin, type) and issubclass(origin, Iterable) and origin is not dict


def _from_list(origin: Any, parts: tuple[Any, ...], value: Any, path: Path, place: str) -> Any:
    if not isinstance(value, list):
        raise _wrong(path, place, value, "a list")
    fixed = origin is tuple and parts[-1:] != (...,)
    if fixed and len(parts) != len(value):
        raise _wrong(path, place, value, f"{len(parts)} values")
    hints = parts if fixed else [parts[0]] * len(value)
    read = [_from_value(h, v, path, place) for h, v in zip(hints, value, strict=True)]
    return (origin if origin in (list, set, frozenset) else tuple)(read)


def _first_that_fits(parts: tuple[Any, ...], value: Any, path: Path, place: str) -> Any:
    if value is None and type(None) in parts:
        return None
    kinds = [part for part in parts if part is not type(None)]
    for number, part in enumerate(kinds, start=1):
        try:
            return _from_value(part, value, path, place)
        except DatasetError:
            if number == len(kinds):
                raise
    raise _wrong(path, place, value, "nothing")


def _wrong(path: Path, place: str, value: Any, expected: str) -> DatasetError:
    return DatasetError(
        "the lock's options cannot be followed",
        path=path,
        got=f"{place} = {value!r}",
        expected=expected,
        remedy="use the lock as 'hilum compile' wrote it",
    )
