"""Programs that fetch on their own: Git, and Kaggle's client with the user's own login."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from hilum.collections.fetch.sources import GitSource, KaggleSource
from hilum.errors import FetchError

_TOLD = 600
"""Characters of a program's last words that are repeated."""


def clone(source: GitSource, folder: Path) -> str:
    """Clone the newest state of ``source`` into ``folder``, which is made; its commit.

    What was left of a clone that broke off is removed: Git cannot go on with it.

    Raises:
        FetchError: Git is missing or could not clone.
    """
    page = source.url.removesuffix(".git")
    if shutil.which("git") is None:
        raise FetchError(
            "Git is not installed",
            path=source.url,
            remedy=f"install it, or open {page}, press 'Code', then 'Download ZIP', and give "
            "hilum the zip archive",
        )
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    # Line endings stay as published; a link comes as a small file and leads nowhere.
    options = ["-c", "core.autocrlf=false", "-c", "core.symlinks=false"]
    _run(
        ["git", "clone", "--depth", "1", *options, "--", source.url, str(unfinished)],
        cause="the repository could not be cloned",
        path=source.url,
        remedy=f"check that {page} opens in a browser, then try again",
    )
    unfinished.rename(folder)
    return commit_of(folder)


def commit_of(clone: Path) -> str:
    """The commit that lies in ``clone``, checked to be there in full.

    Raises:
        FetchError: it is no repository, or files were changed or are missing.
    """
    remedy = "move the folder away and fetch again"
    git = ["git", "-C", str(clone)]
    # Not the repository around it: a folder that is no clone would be taken for part of that.
    top = _run(
        [*git, "rev-parse", "--show-toplevel"], cause="this is no clone", path=clone, remedy=remedy
    )
    if os.path.realpath(top.strip()) != os.path.realpath(clone):
        raise FetchError("this is no clone", path=clone, remedy=remedy)
    changed = _run(
        [*git, "status", "--porcelain", "--untracked-files=no"],
        cause="the clone is damaged",
        path=clone,
        remedy=remedy,
    )
    if changed:
        lines = changed.splitlines()
        raise FetchError(
            "files of the clone were changed or are missing",
            path=clone,
            got=f"{len(lines)}, first {lines[0][3:]}",
            remedy=remedy,
        )
    return _run(
        [*git, "rev-parse", "HEAD"], cause="the clone is damaged", path=clone, remedy=remedy
    ).strip()


def fetch_from_kaggle(source: KaggleSource, archive: Path, *, collection: str) -> None:
    """Let Kaggle's client download ``source`` as the zip archive ``archive``.

    The client finds the user's login by itself; hilum neither reads nor stores it. What came of a
    download that broke off stays in a hidden folder, with which the client goes on if it can.

    Raises:
        FetchError: the client is missing or failed; says what to do instead.
    """
    by_hand = (
        f"log in at kaggle.com, open {source.page}, press 'Download', then 'Download dataset as "
        f"zip', and run 'hilum fetch {collection} --from ARCHIVE.zip', or give the archive to "
        "'hilum inspect' and 'hilum compile'"
    )
    by_client = (
        "in your settings at https://www.kaggle.com/settings, under 'API', press 'Create New "
        "Token' and put the kaggle.json that arrives into the folder .kaggle of your home folder, "
        "readable by you alone (chmod 600), or run 'kaggle auth login' with a recent client"
    )
    client = _kaggle_client()
    if client is None:
        raise FetchError(
            "Kaggle wants a login, and its client is not installed",
            path=source.page,
            remedy=f"either {by_hand}. Or run 'pip install kaggle'; {by_client}; and fetch again",
        )
    unfinished = archive.with_name(f".{archive.name}.unfinished")
    _run(
        [client, "datasets", "download", "-d", source.dataset, "-p", str(unfinished)],
        cause="Kaggle's client could not download the data set",
        path=source.page,
        remedy=f"if it has no login, {by_client}. Or {by_hand}",
    )
    archives = sorted(unfinished.glob("*.zip"))
    if len(archives) != 1:
        raise FetchError(
            "Kaggle's client left no zip archive",
            path=unfinished,
            got=", ".join(path.name for path in archives) or "nothing",
            remedy=by_hand,
        )
    archives[0].rename(archive)
    shutil.rmtree(unfinished, ignore_errors=True)


def _kaggle_client() -> str | None:
    beside = Path(sys.executable).parent  # in an environment that is not activated
    return shutil.which("kaggle") or shutil.which("kaggle", path=str(beside))


def _run(command: Sequence[str], *, cause: str, path: str | Path, remedy: str) -> str:
    """Run ``command`` without input and return what it printed.

    Its messages and progress go to the terminal where there is one, else into the error.
    """
    terminal = sys.stderr.isatty()
    elsewhere = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")  # set where a Git hook runs hilum
    environment = {key: value for key, value in os.environ.items() if key not in elsewhere}
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=None if terminal else subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
        env={**environment, "GIT_TERMINAL_PROMPT": "0"},
    )
    if done.returncode == 0:
        return done.stdout
    told = f"{done.stdout}\n{done.stderr or ''}".strip()[-_TOLD:]
    words = " ".join(told.split()).rstrip(".") or f"exit status {done.returncode}"
    raise FetchError(cause, path=path, got=words, remedy=remedy)
