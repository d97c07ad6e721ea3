"""A dataset made again from its lock: the same options, the same bytes, or a refusal."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import hilum
from hilum.collections.archives import Source, open_sources
from hilum.collections.pseudonyms import PatientKey
from hilum.dataset.compile import Compiled, CompileOptions, compile_sources
from hilum.dataset.inputs import describe_files, hash_files
from hilum.dataset.lock import package_versions, read_lock
from hilum.dataset.lock_options import options_from_values
from hilum.dataset.sources import read_sources
from hilum.dataset.variant import LungsFinder
from hilum.errors import DatasetError
from hilum.output import refuse_existing
from hilum.workers import Progress, no_progress

_BESIDE = frozenset({".md", ".pdf", ".html", ".url", ".log"})
"""Endings of new files that no reader looks at: they do not hinder a rebuild."""


@dataclasses.dataclass(frozen=True)
class Rebuilt:
    """What came of a lock."""

    compiled: Compiled
    warnings: tuple[str, ...]
    expected_sha256: str
    content_sha256: str

    @property
    def is_equal(self) -> bool:
        """Whether images, masks, labels and splits are those of the lock."""
        return self.expected_sha256 == self.content_sha256


def compile_from_lock(
    lock_path: Path,
    folders: Sequence[Path],
    output: Path,
    *,
    workers: int = 1,
    salt: str | None = None,
    lungs_finder: Callable[[], LungsFinder] | None = None,
    progress: Progress = no_progress,
) -> Rebuilt:
    """Compile ``folders`` into ``output`` as ``lock_path`` says, in the order of its inputs.

    Args:
        lock_path: a ``hilum.lock.json``, or the folder it lies in.
        folders: the collections the dataset was made of, in any order.
        output: the dataset folder to make.
        workers: processes that read images.
        salt: what pseudonyms of patients were made from.
        lungs_finder: makes who says where the lungs are, for a lock of lungs only.
        progress: told of each step.

    Raises:
        DatasetError: the lock cannot be followed, an input is not what the lock says, or the salt
            is another one.
        CollectionError, ImageError, OutputError: as ``compile_dataset`` does.
    """
    refuse_existing(output)
    lock = read_lock(lock_path)
    known = options_from_values(CompileOptions, lock["options"], path=lock_path)
    lungs = _lungs_finder(lock, lungs_finder, lock_path)
    options = dataclasses.replace(known, workers=workers, salt=salt, lungs_only=lungs)
    warnings = (*_version_warnings(lock), *_salt_warnings(lock, salt, lock_path))
    with open_sources(folders, progress=progress) as sources:
        ordered = _check(sources, lock["inputs"], lock_path)
        compiled = compile_sources(ordered, output, options, progress)
    made = read_lock(output)["content_sha256"]
    return Rebuilt(compiled, warnings, lock["content_sha256"], made)


def _version_warnings(lock: Mapping[str, Any]) -> list[str]:
    then = {"hilum": lock.get("hilum"), **lock["packages"]}
    now = {"hilum": hilum.__version__, **package_versions()}
    return [
        f"{name} is {now.get(name, 'not known')} here and was {then.get(name, 'not known')}: "
        "bytes may differ"
        for name in sorted(then.keys() | now)
        if then.get(name) != now.get(name)
    ]


def _salt_warnings(lock: Mapping[str, Any], salt: str | None, path: Path) -> list[str]:
    key = lock.get("patient_key")
    if key is None:
        return []
    if salt is None:
        return [
            "patients of DICOM files had pseudonyms of a salt that is not given: pseudonyms, and "
            "splits drawn by them, will differ"
        ]
    if PatientKey.from_salt(salt).fingerprint != key:
        raise DatasetError(
            "the salt is not the one the dataset was made with",
            path=path,
            remedy="set HILUM_SALT to that one, or to none if other pseudonyms will do",
        )
    return []


def _lungs_finder(
    lock: Mapping[str, Any], make: Callable[[], LungsFinder] | None, path: Path
) -> LungsFinder | None:
    """Who finds lungs as the lock says; None where films are not cut."""
    wanted = (lock.get("variant") or {}).get("lungs_only")
    if wanted is None:
        return None
    finder = None if make is None else make()
    if finder is None or finder.facts != wanted:
        raise DatasetError(
            "the lungs were cut by a model or runtime that is not here",
            path=path,
            got=str(finder and finder.facts),
            expected=str(wanted),
            remedy="install the versions that the lock names",
        )
    return finder


def _check(sources: Sequence[Source], inputs: Sequence[dict[str, Any]], path: Path) -> list[Source]:
    """``sources`` in the order of ``inputs``, each of which it is byte for byte."""
    readings = read_sources(sources)
    left = [
        (source, reading.collection, hash_files(reading))
        for source, reading in zip(sources, readings, strict=True)
    ]
    ordered: list[Source] = []
    differences: list[str] = []
    for one in inputs:
        fitting = [entry for entry in left if entry[1] == one["collection"]]
        if not fitting:
            differences.append(f"no folder is {one['collection']}")
            continue
        best = max(fitting, key=lambda entry: len(entry[2].items() & one["files"].items()))
        left.remove(best)
        ordered.append(dataclasses.replace(best[0], folder=one.get("folder", "")))
        now = {p: h for p, h in best[2].items() if p in one["files"] or not _is_beside(p)}
        told = describe_files(one["files"], now)
        if told:
            differences.append(f"{one['collection']}: {told}")
    differences += [f"{entry[0].named} ({entry[1]}) is no input of the lock" for entry in left]
    if differences:
        raise DatasetError(
            "the inputs are not those of the lock",
            path=path,
            got="; ".join(differences),
            remedy="give the folders the dataset was made of, as they were",
        )
    return ordered


def _is_beside(path: str) -> bool:
    """Whether a file is about a collection rather than part of it.

    >>> _is_beside("README"), _is_beside("notes/How to.md"), _is_beside("new.csv")
    (True, True, False)
    """
    name = PurePosixPath(path)
    return name.suffix.lower() in _BESIDE or name.name.lower() in ("readme", "readme.txt")
