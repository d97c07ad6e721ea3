"""Downloads from a real server on this machine: broken off, resumed, refused, wrong."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from hilum.collections.fetch.download import download
from hilum.collections.fetch.sources import FileSource
from hilum.errors import FetchError
from tests.collections.fetch.server import Behaviour, serve

NO_WAITS = (0.0, 0.0)


@pytest.fixture(scope="module")
def content() -> bytes:
    data = BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr("a.png", np.random.default_rng(0).bytes(1_500_000))
    return data.getvalue()


@pytest.fixture
def behaviour(content: bytes) -> Behaviour:
    return Behaviour(content)


@pytest.fixture
def address(behaviour: Behaviour) -> Iterator[str]:
    with serve(behaviour) as address:
        yield address


def fetch(address: str, folder: Path, *, sha256: str | None = None, path: str = "/file") -> Path:
    source = FileSource(address + path, "file.zip", sha256)
    return download(source, folder, help_page="https://example.org/page", waits=NO_WAITS)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_arrives_whole_and_alone(address: str, content: bytes, tmp_path: Path) -> None:
    path = fetch(address, tmp_path / "new/folder")
    assert path.read_bytes() == content
    assert names(path.parent) == ["file.zip"]


def test_a_redirect_is_followed(address: str, content: bytes, tmp_path: Path) -> None:
    assert fetch(address, tmp_path, path="/moved").read_bytes() == content


def test_a_known_checksum_is_checked(address: str, content: bytes, tmp_path: Path) -> None:
    right = hashlib.sha256(content).hexdigest()
    assert fetch(address, tmp_path, sha256=right).read_bytes() == content


def test_what_breaks_off_is_gone_on_with(
    address: str, behaviour: Behaviour, content: bytes, tmp_path: Path
) -> None:
    behaviour.break_after = [400_000, 400_000, 400_000]
    assert fetch(address, tmp_path).read_bytes() == content
    first, *others = behaviour.ranges_asked
    assert first is None and len(others) == 3
    assert all(asked and int(asked[6:-1]) >= 300_000 for asked in others)


def test_it_is_gone_on_with_on_another_day(
    address: str, behaviour: Behaviour, content: bytes, tmp_path: Path
) -> None:
    behaviour.break_after = [700_000, 0, 0, 0]
    with pytest.raises(FetchError, match=r"broke off.*bytes are kept.*same command again"):
        fetch(address, tmp_path)
    assert names(tmp_path) == [".file.zip.part", ".file.zip.part.json"]
    behaviour.ranges_asked.clear()
    assert fetch(address, tmp_path).read_bytes() == content
    (asked,) = behaviour.ranges_asked
    assert asked is not None and int(asked[6:-1]) > 600_000
    assert names(tmp_path) == ["file.zip"]


def test_a_file_that_changed_meanwhile_is_fetched_from_its_beginning(
    address: str, behaviour: Behaviour, content: bytes, tmp_path: Path
) -> None:
    behaviour.break_after = [700_000, 0, 0, 0]
    with pytest.raises(FetchError):
        fetch(address, tmp_path)
    data = BytesIO(content)
    with zipfile.ZipFile(data, "a") as file:
        file.writestr("b.png", b"new")
    behaviour.content, behaviour.etag = data.getvalue(), '"second"'
    assert fetch(address, tmp_path).read_bytes() == data.getvalue()


def test_parts_are_not_joined_where_nothing_says_they_fit(
    address: str, behaviour: Behaviour, content: bytes, tmp_path: Path
) -> None:
    behaviour.etag = None
    behaviour.break_after = [700_000]
    assert fetch(address, tmp_path).read_bytes() == content
    assert behaviour.ranges_asked == [None, None]


def test_a_known_checksum_says_that_parts_fit(
    address: str, behaviour: Behaviour, content: bytes, tmp_path: Path
) -> None:
    behaviour.etag = None
    behaviour.break_after = [700_000]
    right = hashlib.sha256(content).hexdigest()
    assert fetch(address, tmp_path, sha256=right).read_bytes() == content
    assert behaviour.ranges_asked[0] is None and behaviour.ranges_asked[1] is not None


def test_a_server_without_ranges_starts_again(
    address: str, behaviour: Behaviour, content: bytes, tmp_path: Path
) -> None:
    behaviour.knows_ranges = False
    behaviour.break_after = [700_000]
    assert fetch(address, tmp_path).read_bytes() == content
    assert len(behaviour.ranges_asked) == 2


def test_a_file_that_became_shorter_starts_again(
    address: str, behaviour: Behaviour, tmp_path: Path
) -> None:
    behaviour.break_after = [700_000, 0, 0, 0]
    with pytest.raises(FetchError):
        fetch(address, tmp_path)
    data = BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr("a.png", b"short")
    behaviour.content = data.getvalue()  # and the same tag: 416 for the range
    assert fetch(address, tmp_path).read_bytes() == data.getvalue()


def test_what_is_complete_but_unchecked_is_not_fetched_again(
    address: str, behaviour: Behaviour, content: bytes, tmp_path: Path
) -> None:
    behaviour.break_after = [700_000, 0, 0, 0]
    with pytest.raises(FetchError):
        fetch(address, tmp_path)
    (tmp_path / ".file.zip.part").write_bytes(content)
    behaviour.ranges_asked.clear()
    assert fetch(address, tmp_path).read_bytes() == content
    assert behaviour.ranges_asked == []


def test_a_busy_server_is_asked_again(
    address: str, behaviour: Behaviour, content: bytes, tmp_path: Path
) -> None:
    behaviour.statuses = [500, 503]
    assert fetch(address, tmp_path).read_bytes() == content


def test_a_server_that_stays_busy_is_given_up(
    address: str, behaviour: Behaviour, tmp_path: Path
) -> None:
    behaviour.statuses = [503] * 3
    with pytest.raises(FetchError, match="status 503"):
        fetch(address, tmp_path)
    assert len(behaviour.ranges_asked) == 3


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_refusal_is_told_at_once_with_the_page(
    status: int, address: str, behaviour: Behaviour, tmp_path: Path
) -> None:
    behaviour.statuses = [status]
    with pytest.raises(FetchError, match=f"status {status}.*example.org/page"):
        fetch(address, tmp_path)
    assert len(behaviour.ranges_asked) == 1 and names(tmp_path) == []


def test_a_wrong_checksum_is_told_and_the_file_put_aside(
    address: str, content: bytes, tmp_path: Path
) -> None:
    with pytest.raises(FetchError, match="checksum is wrong") as raised:
        fetch(address, tmp_path, sha256="0" * 64)
    assert hashlib.sha256(content).hexdigest() in str(raised.value)
    assert raised.value.expected == "0" * 64
    assert names(tmp_path) == ["file.zip.not-trusted"]


def test_a_page_instead_of_an_archive_is_put_aside(
    address: str, behaviour: Behaviour, tmp_path: Path
) -> None:
    behaviour.content = b"<html>please log in</html>"
    with pytest.raises(FetchError, match="no complete zip archive"):
        fetch(address, tmp_path)
    assert names(tmp_path) == ["file.zip.not-trusted"]


def test_a_length_that_is_never_reached_is_told(
    address: str, behaviour: Behaviour, tmp_path: Path
) -> None:
    behaviour.length_too_long_by = 17
    behaviour.knows_ranges = False
    with pytest.raises(FetchError, match="broke off"):
        fetch(address, tmp_path)
    assert "file.zip" not in names(tmp_path)


def test_a_length_need_not_be_told(
    address: str, behaviour: Behaviour, content: bytes, tmp_path: Path
) -> None:
    behaviour.tells_length = False
    assert fetch(address, tmp_path).read_bytes() == content


def test_a_server_that_is_not_there_is_one_short_sentence(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"gives nothing; got Failed to establish.*refused"):
        fetch("http://127.0.0.1:9", tmp_path)
