"""What every collection can do: say what it is, recognise its folder, read it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from hilum.radiograph import (
    LUNG_TARGETS,
    Finding,
    Licence,
    LungConvention,
    Mask,
    Radiograph,
    Structure,
)

NOT_A_RADIOGRAPH = "not a radiograph"
"""The kind of a problem: a CT slice or volume."""


@dataclass(frozen=True)
class Problem:
    """Something in a collection's folder that is not as it should be.

    An image it concerns is named by ``source_path``, relative to the folder with forward
    slashes; ``kind`` is one of a few fixed words so that problems can be counted:

    - ``missing image``, ``missing mask``, ``missing table``: named or expected, but not there;
      ``missing images``: all of a table that are not there, in one;
    - ``mask without image``, ``unused mask``: a mask that no radiograph has;
    - ``unused annotation``: shapes that outline nothing, or a second annotation of an image;
    - ``mask of another shape``: its width to height is not the image's;
    - ``unexpected image``, ``unknown class``, ``not in metadata``, ``second copy``, ``outside the
      collection``: an image at a place, or with a name, that says nothing about it;
    - ``ambiguous image``: different files have the name that an annotation gives, or several
      annotated images mean one file;
    - ``linked folder``: a link, which is not followed;
    - ``not a radiograph``: a CT slice or volume;
    - ``unknown finding``, ``unknown structure``: a word hilum does not know;
    - ``unknown lung convention``: lungs outlined without a word on what counts as lung;
    - ``duplicate row``, ``rows disagree``, ``damaged row``, ``damaged score``, ``damaged table``,
      ``damaged annotation``, ``text encoding``, ``unsafe path``: trouble in a table or annotation;
    - ``packed files``: an archive inside the folder, which is not opened; ``unfinished download``:
      a file that a program has not fetched wholly;
    - ``damaged archive``, ``encrypted file``, ``unsafe path``, ``decompression bomb``, ``second
      copy``: a file of a zip archive that was not unpacked, image or not;
    - ``unreadable image``, ``unreadable mask``, ``empty lung mask``, ``lungs not told apart``:
      found only where pixels are decoded; the mask is then unknown;
    - ``turned mask``: masks that lay turned against their image, put right; ``mask turned against
      its image``: so turned that it cannot be said how, hence unknown;
    - ``missing part``: a class or folder of the published collection that is not here;
    - ``burned-in text``: a DICOM file says that its picture shows some.
    """

    source_path: str
    kind: str
    detail: str
    patient_id: str | None = None
    """Of the image it concerns, as :attr:`Radiograph.patient_id`; None where unknown."""


@dataclass(frozen=True)
class Reading:
    """All that one folder of a collection holds, with everything that is wrong with it.

    Every image file under the folder is in ``radiographs`` or in ``problems``.
    """

    collection: str
    root: Path
    """Where the files are now; inside a temporary folder where they came out of an archive."""
    radiographs: tuple[Radiograph, ...]
    problems: tuple[Problem, ...]
    archive: Path | None = None
    """The zip archive, as the user named it, that was unpacked for this run."""
    place_in_archive: str = ""
    """The folder of ``archive`` in which the collection begins; empty at its top."""
    folder: str = ""
    """What its source paths begin with, where several folders of one collection are read."""

    @property
    def shown_root(self) -> Path:
        """``root`` as a user knows it: below the archive, where there is one."""
        return self.root if self.archive is None else self.archive / self.place_in_archive


@dataclass(frozen=True)
class Facts:
    """What is published about a collection, for tables, cards and users."""

    name: str
    """Short name, used in file names, columns and on the command line."""
    title: str
    images: str
    """How many radiographs the published collection holds, in words."""
    findings: tuple[Finding, ...]
    structures: tuple[Structure, ...]
    lung_convention: LungConvention | None
    licence: Licence
    citation: str
    home_page: str
    how_to_get: str
    holds: tuple[str, ...] = ()
    """Names of further collections here of which it holds films, or copies of them."""


class Collection(ABC):
    """One published collection in the layout people download."""

    facts: ClassVar[Facts]
    reads_annotations: ClassVar[bool] = False
    """Whether annotation files in its folder are its own."""
    names_own: ClassVar[bool] = False
    """Whether its files name origins and licences in words of their own."""

    @abstractmethod
    def find_root(self, folder: Path) -> Path | None:
        """The folder at or just below ``folder`` where this collection begins, or None.

        Looks at names only and at few of them, so that asking every collection is cheap.
        """

    @abstractmethod
    def read(self, root: Path, *, others: Sequence[Path] = ()) -> Reading:
        """Read the collection at ``root``, a folder that :meth:`find_root` returned.

        No mask is decoded, and an image only where its size decides. ``others`` are the further
        folders of the same run: an annotation set finds the images there that it annotates.

        Raises:
            CollectionError: a file without which nothing can be read is damaged.
        """

    def _record(
        self,
        root: Path,
        path: Path,
        *,
        masks: Mapping[Structure, tuple[Mask, ...]] | None = None,
        **known: Any,
    ) -> Radiograph:
        """The record of the image at ``path`` below ``root``, under the collection's terms.

        ``known`` are further fields of it.
        """
        has_lungs = any(structure in LUNG_TARGETS for structure in masks or ())
        return Radiograph(
            path=path,
            source_path=path.relative_to(root).as_posix(),
            collection=self.facts.name,
            masks=masks or {},
            lung_convention=self.facts.lung_convention if has_lungs else None,
            licence=self.facts.licence,
            citation=self.facts.citation,
            **known,
        )
