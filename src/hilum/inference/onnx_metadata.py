"""The metadata of an ONNX file, read without the onnx package (which prediction does not need).

An ONNX file is one protobuf message, ModelProto; its field 14, ``metadata_props``, repeats a
StringStringEntryProto of key (1) and value (2). Source: onnx.proto3 of the ONNX project.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hilum.errors import ModelError

_METADATA_FIELD = 14
_VARINT, _EIGHT_BYTES, _LENGTH_DELIMITED, _FOUR_BYTES = 0, 1, 2, 5


def read_onnx_metadata(data: bytes, *, path: Path) -> dict[str, str]:
    """All metadata entries of the ONNX bytes ``data``.

    Raises:
        ModelError: the bytes are no ONNX file, or it is cut off.
    """
    try:
        entries = {}
        for field, value in _fields(memoryview(data)):
            if field == _METADATA_FIELD:
                parts = {key: bytes(part).decode() for key, part in _fields(value)}
                entries[parts.get(1, "")] = parts.get(2, "")
        return entries
    except (IndexError, ValueError):
        raise ModelError(
            "this is no ONNX file, or it is cut off",
            path=path,
            got=f"{len(data):,} bytes",
            remedy="fetch it again, or train it again",
        ) from None


def _fields(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """(field number, bytes) of each length-delimited field of a protobuf message."""
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        kind = tag & 7
        if kind == _VARINT:
            _, position = _varint(data, position)
        elif kind in (_EIGHT_BYTES, _FOUR_BYTES):
            position += 8 if kind == _EIGHT_BYTES else 4
        elif kind == _LENGTH_DELIMITED:
            length, position = _varint(data, position)
            if position + length > len(data):
                raise ValueError
            yield tag >> 3, data[position : position + length]
            position += length
        else:
            raise ValueError


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
        if shift > 63:
            raise ValueError
