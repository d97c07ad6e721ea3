"""The folder of an audit: of one dataset and model, so that only the same audit goes on there."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from hilum.dataset.read import Dataset
from hilum.errors import OutputError
from hilum.inference.model import Model, answers_hash
from hilum.output import write_whole

NOTE_NAME = "hilum-audit.json"


@dataclass(frozen=True)
class Subject:
    """What an audit is of."""

    dataset: str
    """The folder's name."""
    dataset_sha256: str
    model: str = ""
    """Its name; empty where none is given."""
    model_sha256: str = ""
    """Of its file as it was first given; scores and a caution may be written into it."""
    answers_sha256: str = ""
    """Of all that its answers follow from."""

    def is_as(self, other: Subject) -> bool:
        """Whether the same films are shown to the same model, whatever both are called."""
        return (self.dataset_sha256, self.answers_sha256) == (
            other.dataset_sha256,
            other.answers_sha256,
        )

    def __str__(self) -> str:
        """In a sentence.

        >>> str(Subject("chests", "1234" * 16))
        'dataset chests (SHA-256 1234123412341234), no model'
        """
        model = f"model {self.model} (SHA-256 {self.model_sha256[:16]})" if self.model else ""
        return f"dataset {self.dataset} (SHA-256 {self.dataset_sha256[:16]}), {model or 'no model'}"


def subject_of(dataset: Dataset, model: Model | None) -> Subject:
    """What an audit of ``dataset`` and, if any, ``model`` is of."""
    folder = Subject(dataset.folder.resolve().name, dataset.content_sha256)
    if model is None:
        return folder
    return dataclasses.replace(
        folder,
        model=model.description.name,
        model_sha256=model.sha256,
        answers_sha256=answers_hash(model),
    )


def refuse_other_use(folder: Path, subject: Subject, dataset: Path) -> None:
    """Raises:
    OutputError: ``folder`` is or lies in the folder ``dataset``, is a file, or holds something
        else than an audit of ``subject``, finished or begun.
    """
    if folder.resolve().is_relative_to(dataset.resolve()):
        raise OutputError(
            "the output lies in the dataset",
            path=folder,
            remedy="name a folder beside it: nothing is added to a dataset",
        )
    if folder.exists() and not folder.is_dir():
        raise OutputError("the output is a file", path=folder, remedy="name a folder to be made")
    if (folder / NOTE_NAME).exists():
        _refuse_other(folder, subject)
    elif folder.exists() and any(folder.iterdir()):
        raise OutputError(
            "the output folder is not empty, and holds no audit to go on with",
            path=folder,
            remedy="name a new folder",
        )


def note_subject(folder: Path, subject: Subject) -> None:
    """Note in ``folder``, which this run holds, that it is an audit of ``subject``.

    Raises:
        OSError: it cannot be written.
        OutputError: a run before has made it one of something else.
    """
    if (folder / NOTE_NAME).exists():
        _refuse_other(folder, subject)
        return
    text = json.dumps(dataclasses.asdict(subject), ensure_ascii=False, indent=1) + "\n"
    write_whole(folder / NOTE_NAME, text.encode(errors="replace"))


def _refuse_other(folder: Path, subject: Subject) -> None:
    note = folder / NOTE_NAME
    try:
        values = json.loads(note.read_bytes())
        found = Subject(**{name: str(value) for name, value in values.items()})
    except (OSError, ValueError, TypeError, AttributeError):
        raise OutputError(
            "the note on what was audited here is damaged", path=note, remedy="name a new folder"
        ) from None
    if not found.is_as(subject):
        raise OutputError(
            "another audit lies here",
            path=folder,
            got=str(found),
            expected=str(subject),
            remedy="name a new folder, or ask again of what was audited here",
        )
