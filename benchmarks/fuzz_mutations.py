"""Bytes → damaged bytes, seeded: anywhere, or where the format has its joints."""

from __future__ import annotations

import csv
import io
import json
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
from pydicom import dcmread

Random = np.random.Generator
Mutation = Callable[[bytes, Random], bytes]

ODD_NUMBERS = (0, 1, 2, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 1)
ODD_TEXTS = (
    *("", " ", "0", "-1", "nan", "inf", "1e999", "9" * 400, "\0", "\ufeff", "\u202e", "a\nb"),
    *('"', "'", ",", ";", "../../x.png", "/x.png", "C:\\x.png", "a" * 5000, "<b>", "=1+1", "肺"),
)


def _place(data: bytes, random: Random) -> int:
    return int(random.integers(0, max(len(data), 1)))


def flip_bits(data: bytes, random: Random) -> bytes:
    """One to eight bits, anywhere or close to each other."""
    changed = bytearray(data)
    for _ in range(int(random.integers(1, 9)) if data else 0):
        changed[_place(data, random)] ^= 1 << int(random.integers(0, 8))
    return bytes(changed)


def truncate(data: bytes, random: Random) -> bytes:
    """What a broken download leaves."""
    return data[: _place(data, random)]


def insert(data: bytes, random: Random) -> bytes:
    """Some foreign bytes."""
    at, length = _place(data, random), int(random.integers(1, 64))
    return data[:at] + random.bytes(length) + data[at:]


def remove(data: bytes, random: Random) -> bytes:
    """A hole."""
    at, length = _place(data, random), int(random.integers(1, 200))
    return data[:at] + data[at + length :]


def overwrite(data: bytes, random: Random) -> bytes:
    """A stretch of one value, as a bad sector gives."""
    at, length = _place(data, random), int(random.integers(1, 200))
    filler = bytes([int(random.choice([0, 255, 32]))])
    return data[:at] + filler * min(length, len(data) - at) + data[at + length :]


def swap(data: bytes, random: Random) -> bytes:
    """Two stretches change places."""
    a, b, c = sorted(_place(data, random) for _ in range(3))
    return data[:a] + data[b:c] + data[a:b] + data[c:]


def repeat(data: bytes, random: Random) -> bytes:
    """A stretch twice."""
    a, b = sorted(_place(data, random) for _ in range(2))
    return data[:b] + data[a:b] + data[b:]


def change_number(data: bytes, random: Random) -> bytes:
    """A length field or the like becomes an odd number, most often near the beginning."""
    layout = str(random.choice(["<H", ">H", "<I", ">I"]))
    size = struct.calcsize(layout)
    reach = len(data) if random.random() < 0.3 else min(len(data), 600)
    if reach <= size:
        return data
    at = int(random.integers(0, reach - size))
    number = int(random.choice(ODD_NUMBERS)) % (1 << 8 * size)
    return data[:at] + struct.pack(layout, number) + data[at + size :]


ANYWHERE: tuple[Mutation, ...] = (
    *(flip_bits, truncate, insert, remove, overwrite, swap, repeat, change_number),
)


def change_png(data: bytes, random: Random) -> bytes:
    """Chunks dropped, doubled, in another order or with other contents, checksums right again."""
    chunks = []
    at = 8
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        chunks.append((kind, data[at + 8 : at + 8 + length]))
        at += 12 + length
    if not chunks:
        return data
    number = int(random.integers(0, len(chunks)))
    match int(random.integers(0, 5)):
        case 0:
            del chunks[number]
        case 1:
            chunks.insert(int(random.integers(0, len(chunks))), chunks[number])
        case 2:
            chunks[number] = (chunks[number][0], change_number(chunks[number][1], random))
        case 3:
            header = bytearray(chunks[0][1])
            struct.pack_into(">I", header, int(random.choice([0, 4])), _side(random))
            chunks[0] = (chunks[0][0], bytes(header))
        case _:
            pixels = flip_bits(zlib.decompress(chunks[-2][1]), random) if len(chunks) > 2 else b""
            chunks[-2:-1] = [(b"IDAT", zlib.compress(pixels[: _place(pixels, random)]))]
    return data[:8] + b"".join(
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


def _side(random: Random) -> int:
    return int(random.choice([0, 1, 7, 4000, 14_000, 65_535, 2**31 - 1]))


def change_jpeg(data: bytes, random: Random) -> bytes:
    """Segments dropped, doubled, in another order; sizes and numbers in them."""
    segments, at = [data[:2]], 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        length = 2 + struct.unpack_from(">H", data, at + 2)[0]
        segments.append(data[at : at + length])
        at += length
    rest = data[at:]
    number = int(random.integers(1, max(len(segments), 2)))
    if number >= len(segments):
        return data
    match int(random.integers(0, 4)):
        case 0:
            del segments[number]
        case 1:
            segments.insert(int(random.integers(1, len(segments))), segments[number])
        case 2:
            segments[number] = segments[number][:4] + flip_bits(segments[number][4:], random)
        case _:
            segments = [
                s[:5] + struct.pack(">HH", _side(random) % 65536, _side(random) % 65536) + s[9:]
                if s[:2] in (b"\xff\xc0", b"\xff\xc2")
                else s
                for s in segments
            ]
    return b"".join(segments) + rest


def change_tiff(data: bytes, random: Random) -> bytes:
    """An entry of the directory becomes something else."""
    order = ">" if data[:2] == b"MM" else "<"
    (at,) = struct.unpack_from(order + "I", data, 4)
    if at + 2 > len(data):
        return data
    count = struct.unpack_from(order + "H", data, at)[0]
    entry = at + 2 + 12 * int(random.integers(0, max(count, 1)))
    if entry + 12 > len(data):
        return data
    changed = bytearray(data)
    offset, layout = ((0, "H"), (2, "H"), (4, "I"), (8, "I"))[int(random.integers(0, 4))]
    number = int(random.choice(ODD_NUMBERS)) % (1 << (16 if layout == "H" else 32))
    struct.pack_into(order + layout, changed, entry + offset, number)
    return bytes(changed)


_TAGS: dict[str, tuple[Any, ...]] = {
    "Rows": (0, 1, 65535, None),
    "Columns": (0, 1, 14000, 65535, None),
    "BitsAllocated": (0, 1, 8, 12, 16, 32, 64, None),
    "BitsStored": (0, 1, 7, 8, 10, 12, 16, 99, None),
    "HighBit": (0, 7, 15, 99, None),
    "PixelRepresentation": (0, 1, 2, None),
    "SamplesPerPixel": (0, 2, 3, 4, None),
    "PlanarConfiguration": (0, 1, 2, None),
    "PhotometricInterpretation": ("MONOCHROME1", "PALETTE COLOR", "RGB", "YBR_FULL_422", "x", None),
    "NumberOfFrames": (0, -1, 2, 99999, "", None),
    "WindowCenter": ("nan", "", [1, 2, 3], -1e9),
    "WindowWidth": ("nan", "", [0, -1, 5], 0),
    "RescaleSlope": (0, "nan", "1e308", ""),
    "RescaleIntercept": ("inf", -1e9, ""),
    "PixelPaddingValue": (0, 65535, -1, None),
    "PixelPaddingRangeLimit": (0, 65535, -1, None),
    "Modality": ("CT", "", None, ["CR", "DX"]),
    "PatientOrientation": ("", "L", ["L"], ["R", "F"], ["x"] * 9),
    "PresentationLUTShape": ("INVERSE", "x", ""),
    "VOILUTFunction": ("SIGMOID", "LINEAR_EXACT", "x"),
    "PatientAge": ("999Y", "x", "-01Y"),
    "StudyDate": ("00000000", "20201399", "x"),
    "PatientID": ("", "x" * 64, "a\\b"),
}


def change_dicom(data: bytes, random: Random) -> bytes:
    """One to three tags get odd values, or vanish."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = dcmread(io.BytesIO(data))
            for _ in range(int(random.integers(1, 4))):
                keyword = str(random.choice(list(_TAGS)))
                value = _TAGS[keyword][int(random.integers(0, len(_TAGS[keyword])))]
                if value is None:
                    dataset.pop(keyword, None)
                else:
                    setattr(dataset, keyword, value)
            buffer = io.BytesIO()
            dataset.save_as(buffer)
        return buffer.getvalue()
    except Exception:  # pydicom writes no such file
        return flip_bits(data, random)


def change_json(data: bytes, random: Random) -> bytes:
    """A key or a value becomes another, of another kind, or vanishes."""
    tree = json.loads(data)
    places: list[tuple[Any, Any]] = []

    def collect(node: Any) -> None:
        items = node.items() if isinstance(node, dict) else enumerate(node)
        for key, value in items:
            places.append((node, key))
            if isinstance(value, dict | list):
                collect(value)

    collect(tree)
    odd = [None, True, -1, 0, 2**63, 10**400, 1e308, float("nan"), [], {}, [[]], *ODD_TEXTS]
    for _ in range(int(random.integers(1, 4))):
        node, key = places[int(random.integers(0, len(places)))]
        if isinstance(node, dict) and random.random() < 0.3:
            value = node.pop(key, None)
            if random.random() < 0.5:
                node[str(random.choice(ODD_TEXTS))] = value
        elif isinstance(node, dict) or key < len(node):
            node[key] = odd[int(random.integers(0, len(odd)))]
    return json.dumps(tree, ensure_ascii=random.random() < 0.5).encode("utf-8", "surrogatepass")


def change_csv(data: bytes, random: Random) -> bytes:
    """Cells, columns and rows become others, vanish or come twice; the encoding may change."""
    rows = list(csv.reader(io.StringIO(data.decode("utf-8", "replace"))))
    full = [number for number, row in enumerate(rows) if row]
    if not full:
        return data
    for _ in range(int(random.integers(1, 4))):
        row = rows[int(random.choice(full))]
        cell = int(random.integers(0, max(len(row), 1)))
        match int(random.integers(0, 6)):
            case 0:
                row[cell : cell + 1] = []
            case 1:
                row.insert(cell, str(random.choice(ODD_TEXTS)))
            case 2:
                rows.append(list(row))
            case 3:
                for each in rows:
                    each[cell : cell + 1] = []
            case _:
                row[cell : cell + 1] = [str(random.choice(ODD_TEXTS))]
    text = io.StringIO()
    csv.writer(text, delimiter=str(random.choice([",", ",", ",", ";", "\t"]))).writerows(rows)
    encoding = str(random.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1"]))
    return text.getvalue().encode(encoding, "replace")


def change_zip(data: bytes, random: Random) -> bytes:
    """Members renamed, doubled, dropped or damaged, or a header's number changed."""
    if random.random() < 0.4:
        marks = [at for mark in (b"PK\3\4", b"PK\1\2", b"PK\5\6") if (at := data.find(mark)) >= 0]
        at = int(random.choice(marks)) if marks else 0
        header, rest = data[at : at + 46], data[at + 46 :]
        return data[:at] + change_number(header, random) + rest
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    number = int(random.integers(0, len(members)))
    name, content = members[number]
    match int(random.integers(0, 5)):
        case 0:
            del members[number]
        case 1:
            members.append((name, content[: len(content) // 2]))
        case 2:
            members[number] = (str(random.choice([t for t in ODD_TEXTS if len(t) < 999])), content)
        case 3:
            members[number] = (name, content + bytes(int(random.choice([1, 1 << 20, 300 << 20]))))
        case _:
            mutation = ANYWHERE[int(random.integers(0, len(ANYWHERE)))]
            members[number] = (name, mutation(content, random))
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")
        for member, inside in members:
            archive.writestr(member, inside)
    return buffer.getvalue()


def change_workbook(data: bytes, random: Random) -> bytes:
    """Cells, rows and texts of its XML become others, or the archive is damaged as any other."""
    if random.random() < 0.3:
        return change_zip(data, random)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = str(random.choice([name for name in members if name.endswith((".xml", ".rels"))]))
    text = members[name].decode("utf-8", "replace")
    marks = [match for match in re.finditer(r'"[^"]*"|>[^<]*<|<[^>]*>', text)]
    for _ in range(int(random.integers(1, 4))):
        mark = marks[int(random.integers(0, len(marks)))]
        inside = text[mark.start() + 1 : mark.end() - 1]
        odd = str(random.choice([*ODD_TEXTS, "-1", "99999999999", "A1048577", "s", "e"]))
        match int(random.integers(0, 3)):
            case 0:
                text = text[: mark.start()] + text[mark.end() :]
            case 1:
                text = text[: mark.end()] + text[mark.start() : mark.end()] + text[mark.end() :]
            case _ if inside:
                text = text.replace(inside, escape(odd), 1)
    members[name] = text.encode("utf-8", "surrogatepass")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return buffer.getvalue()
