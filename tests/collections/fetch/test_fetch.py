"""Collections fetched from a real server, a real repository and a client like Kaggle's."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hilum.collections.fetch.fetch import adopt, fetch
from hilum.collections.fetch.sources import (
    PUBLICATIONS,
    FileSource,
    GitSource,
    KaggleSource,
    PageSource,
    Publication,
)
from hilum.collections.inspect import inspect
from hilum.collections.registry import COLLECTIONS
from hilum.errors import CollectionError, FetchError, OutputError
from tests.collections.fetch.server import Behaviour, serve
from tests.collections.zips import zip_folder
from tests.fakes.every import FAKES

_GIT = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]


def draw(name: str, folder: Path) -> Path:
    """The root of the fake of a collection."""
    fake = FAKES[name](folder / "drawn", np.random.default_rng(3))
    return next(path for path in fake.folder.iterdir() if path.is_dir())


def read_record(folder: Path) -> dict[str, object]:
    values = json.loads((folder / "hilum-fetch.json").read_text())
    (record,) = values["fetched"]
    return {"collection": values["collection"], **record}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = draw("hannover", tmp_path)
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "images"]):
        subprocess.run([*_GIT, "-C", str(root), *arguments], check=True)
    return root


@pytest.fixture
def cloned(repository: Path) -> Publication:
    return Publication(GitSource(f"file://{repository}"))


def test_every_published_collection_has_a_source() -> None:
    names = {collection.facts.name for collection in COLLECTIONS}
    assert set(PUBLICATIONS) == names - {"coco", "cvat", "label-studio", "plain-folder"}
    for publication in PUBLICATIONS.values():
        source = publication.source
        has_page = isinstance(source, KaggleSource | PageSource)
        address = source.page if has_page else source.url
        assert address.startswith("https://")


@pytest.mark.parametrize("name", ["brixia", "rsna-pneumonia"])
def test_where_terms_must_be_agreed_to_it_says_what_to_do(name: str, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=rf"https://.*hilum fetch {name} --from ARCHIVE\.zip"):
        fetch(name, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_repository_is_cloned_and_recorded(
    cloned: Publication, repository: Path, tmp_path: Path
) -> None:
    fetched = fetch("hannover", tmp_path / "out", publication=cloned)
    assert fetched.path == tmp_path / "out/covid-19-image-repository"
    assert inspect(fetched.path).images == inspect(repository).images
    commit = subprocess.run(
        [*_GIT, "-C", str(repository), "rev-parse", "HEAD"], capture_output=True, text=True
    ).stdout.strip()
    record = read_record(tmp_path / "out")
    assert record["commit"] == commit and record["url"] == f"file://{repository}"
    assert record["collection"] == "hannover" and str(record["date"]).startswith("20")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "covid-19-image-repository",
        "hilum-fetch.json",
    ]


def test_a_complete_clone_is_not_fetched_again(
    cloned: Publication, repository: Path, tmp_path: Path
) -> None:
    first = fetch("hannover", tmp_path / "out", publication=cloned)
    shutil.rmtree(repository)
    again = fetch("hannover", tmp_path / "out", publication=cloned)
    assert again.was_there and not first.was_there
    assert again.record == first.record


def test_a_clone_with_lost_files_is_told(cloned: Publication, tmp_path: Path) -> None:
    fetched = fetch("hannover", tmp_path / "out", publication=cloned)
    (fetched.path / "data.csv").unlink()
    with pytest.raises(FetchError, match=r"changed or are missing; got 1, first data\.csv"):
        fetch("hannover", tmp_path / "out", publication=cloned)


def test_a_folder_that_is_no_clone_is_told(cloned: Publication, tmp_path: Path) -> None:
    (tmp_path / "out/covid-19-image-repository").mkdir(parents=True)
    with pytest.raises(FetchError, match="this is no clone"):
        fetch("hannover", tmp_path / "out", publication=cloned)


def test_a_repository_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    gone = Publication(GitSource(f"file://{tmp_path}/gone.git"))
    with pytest.raises(FetchError, match=r"could not be cloned; got .*gone"):
        fetch("hannover", tmp_path / "out", publication=gone)
    assert not (tmp_path / "out/gone").exists()


def test_a_repository_of_another_collection_is_told(cloned: Publication, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="another collection; got hannover; expected ieee8023"):
        fetch("ieee8023", tmp_path / "out", publication=cloned)


def test_without_git_the_page_is_named(
    cloned: Publication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchError, match=r"Git is not installed.*Download ZIP"):
        fetch("hannover", tmp_path / "out", publication=cloned)


def test_a_file_is_fetched_once_and_its_checksum_recorded(tmp_path: Path) -> None:
    archive = zip_folder(draw("kermany", tmp_path), tmp_path / "k.zip", below="chest_xray")
    behaviour = Behaviour(archive.read_bytes())
    with serve(behaviour) as address:
        published = Publication(FileSource(f"{address}/file", "ChestXRay2017.zip"), "A note.")
        fetched = fetch("kermany", tmp_path / "out", publication=published)
        again = fetch("kermany", tmp_path / "out", publication=published)
    assert len(behaviour.ranges_asked) == 1 and again.was_there
    assert again.record == fetched.record and fetched.note == "A note."
    record = read_record(tmp_path / "out")
    assert record["sha256"] == fetched.record.sha256 if fetched.record else False
    assert record["checksum"] == "computed here" and record["size"] == archive.stat().st_size
    assert inspect(fetched.path).collection == "kermany"


def test_a_file_that_changed_or_that_nobody_recorded_is_not_trusted(tmp_path: Path) -> None:
    archive = zip_folder(draw("kermany", tmp_path), tmp_path / "k.zip")
    with serve(Behaviour(archive.read_bytes())) as address:
        published = Publication(FileSource(f"{address}/file", "k.zip"))
        path = fetch("kermany", tmp_path / "out", publication=published).path
        path.write_bytes(path.read_bytes() + b"more")
        with pytest.raises(FetchError, match="changed since it was fetched"):
            fetch("kermany", tmp_path / "out", publication=published)
        (tmp_path / "out/hilum-fetch.json").unlink()
        with pytest.raises(FetchError, match="hilum did not fetch"):
            fetch("kermany", tmp_path / "out", publication=published)


def test_without_the_extra_the_page_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pooch", None)
    monkeypatch.delitem(sys.modules, "hilum.collections.fetch.download", raising=False)
    with pytest.raises(FetchError, match=r"needs more packages.*\[fetch\].*data\.mendeley\.com"):
        fetch("kermany", tmp_path)


def test_a_folder_that_may_not_be_written_is_one_sentence(
    cloned: Publication, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        fetch("hannover", tmp_path / "file/out", publication=cloned)


def test_what_is_not_published_is_told() -> None:
    with pytest.raises(FetchError, match="sort images into folders"):
        fetch("plain-folder", Path("nowhere"))
    with pytest.raises(FetchError, match="no such collection; got covid; expected covid-qu-ex"):
        fetch("covid", Path("nowhere"))


_CLIENT = """#!{python}
import shutil, sys
words = sys.argv[1:]
assert words[:3] == ["datasets", "download", "-d"] and words[4] == "-p", words
if words[3] == "a/refused":
    sys.exit("403 - Forbidden")
import os
os.makedirs(words[5], exist_ok=True)
shutil.copy({archive!r}, os.path.join(words[5], words[3].split("/")[1] + ".zip"))
"""


@pytest.fixture
def kaggle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that is called and answers as Kaggle's client; the archive it gives."""
    archive = zip_folder(draw("radiography", tmp_path), tmp_path / "drawn.zip", below="COVID")
    client = tmp_path / "bin/kaggle"
    client.parent.mkdir()
    client.write_text(_CLIENT.format(python=sys.executable, archive=str(archive)))
    client.chmod(0o755)
    monkeypatch.setenv("PATH", str(client.parent), prepend=os.pathsep)
    return archive


def test_kaggles_client_is_left_to_log_in_and_download(kaggle: Path, tmp_path: Path) -> None:
    published = Publication(KaggleSource("a/radiography"))
    fetched = fetch("radiography", tmp_path / "out", publication=published)
    assert fetched.path.read_bytes() == kaggle.read_bytes()
    assert read_record(tmp_path / "out")["url"] == "https://www.kaggle.com/datasets/a/radiography"
    shutil.rmtree(tmp_path / "bin")
    assert fetch("radiography", tmp_path / "out", publication=published).was_there


def test_what_kaggles_client_says_is_told_with_what_to_do(kaggle: Path, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"403 - Forbidden.*Create New Token.*--from ARCHIVE"):
        fetch("radiography", tmp_path, publication=Publication(KaggleSource("a/refused")))


def test_without_kaggles_client_all_steps_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchError) as raised:
        fetch("covid-qu-ex", tmp_path / "out")
    told = str(raised.value)
    for words in (
        "https://www.kaggle.com/datasets/anasmohammedtahir/covidqu",
        "hilum fetch covid-qu-ex --from ARCHIVE.zip",
        "pip install kaggle",
        "kaggle.json",
        ".kaggle",
    ):
        assert words in told


@pytest.mark.parametrize("packed", [True, False])
def test_what_was_downloaded_by_hand_is_checked_and_copied(packed: bool, tmp_path: Path) -> None:
    root = draw("radiography", tmp_path)
    given = zip_folder(root, tmp_path / "archive.zip") if packed else root
    assert adopt("radiography", given, None).path == given
    copied = adopt("radiography", given, tmp_path / "out")
    assert inspect(copied.path).images == inspect(given).images
    assert read_record(tmp_path / "out")["url"] == "given"
    with pytest.raises(FetchError, match="another collection"):
        adopt("hannover", given, None)
    with pytest.raises(OutputError, match="exists already"):
        adopt("radiography", given, tmp_path / "out")


def test_what_is_given_has_to_be_there_and_no_parent_of_its_copy(tmp_path: Path) -> None:
    with pytest.raises(CollectionError, match="no such folder"):
        adopt("radiography", tmp_path / "missing", None)
    root = draw("radiography", tmp_path)
    with pytest.raises(OutputError, match="lies in what is to be copied"):
        adopt("radiography", root, root / "out")
