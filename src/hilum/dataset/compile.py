"""Downloaded folders → one dataset folder. Each step is a file of this room."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from hilum.collections.archives import Source, open_sources
from hilum.collections.dicom_patients import add_dicom_facts
from hilum.collections.pseudonyms import PatientKey
from hilum.dataset.balance import BalanceOptions
from hilum.dataset.card.page import write_card
from hilum.dataset.croissant import write_croissant
from hilum.dataset.exposures import Twins
from hilum.dataset.issues import Issue, issues_of, write_issues
from hilum.dataset.lock import LOCK_NAME, write_lock
from hilum.dataset.merge import count_gains, merge_copies
from hilum.dataset.place import place_rows
from hilum.dataset.prepare import Prepared, prepare
from hilum.dataset.select import SelectionOptions
from hilum.dataset.sources import read_sources
from hilum.dataset.split import SplitOptions
from hilum.dataset.task_folder import mark_inputs
from hilum.dataset.unfinished import Unfinished, unfinished
from hilum.dataset.unite import OnConflict
from hilum.dataset.variant import LungsFinder, Variant
from hilum.dataset.wishes import check_names, check_readings
from hilum.dataset.write import write_shards
from hilum.errors import DatasetError, OutputError
from hilum.imaging.enhance import Enhancement
from hilum.output import refuse_existing
from hilum.radiograph import Radiograph
from hilum.twins.fingerprint import Fingerprint
from hilum.workers import Progress, Workers, no_progress

_CHUNK = 8
"""Films that a worker reads at a time, where there are enough."""


@dataclass(frozen=True)
class CompileOptions:
    """How a dataset is compiled."""

    split: SplitOptions = field(default_factory=SplitOptions)
    workers: int = 1
    salt: str | None = field(default=None, repr=False)
    """From which pseudonyms of patients named in DICOM files are made; None: a random key, so
    that another compile gives them other pseudonyms, and draws other splits. Never written."""
    twins: Twins = Twins.UNITE
    """What becomes of images that show one exposure."""
    on_conflict: OnConflict = OnConflict.LEADER
    """Whose finding stays where images of one exposure differ in it."""
    enhance: Enhancement | None = None
    """Done to every film before it is stored; None: films are kept as they are."""
    lungs_only: LungsFinder | None = None
    """Films are cut to the lungs that it finds, those with lung masks of their own too: a cut by
    readers in one collection and by a model in another would tell collections apart."""
    selection: SelectionOptions = field(default_factory=SelectionOptions)
    balance: BalanceOptions = field(default_factory=BalanceOptions)

    def __post_init__(self) -> None:
        """Raises:
        DatasetError: balance without classes.
        """
        self.balance.check(self.selection.classes)


@dataclass(frozen=True)
class Compiled:
    """What was written."""

    folder: Path
    images_read: int
    rows_by_split: dict[str, int]
    issues_by_kind: dict[str, int]
    gains: dict[str, int]
    """Images whose radiograph knows through a copy what they do not: by field or structure."""
    has_passing_pseudonyms: bool
    """Whether patients have pseudonyms of a random key, which another compile will not give."""


def compile_dataset(
    folders: Sequence[Path],
    output: Path,
    *,
    options: CompileOptions | None = None,
    progress: Progress = no_progress,
) -> Compiled:
    """Read ``folders``, each a known collection or its zip archive, into the folder ``output``.

    Every image found ends as a row or as a line of ``issues.csv``. The folder appears only
    when it is complete. Called again after a kill it goes on where it was.

    Raises:
        CollectionError: a folder is no known collection, its tables are damaged, an archive
            cannot be unpacked, or the salt is too short.
        DatasetError: not one image could be read, a folder is given twice, or the options
            cannot be met by these images; names that do not occur are refused before any is read.
        ImageError: a source file changed or vanished meanwhile.
        OutputError: ``output`` exists already, lies in one of ``folders``, or cannot be written.
    """
    options = options or CompileOptions()
    refuse_existing(output)
    _refuse_within(folders, output)
    check_names(folders, options.selection, options.split)
    with open_sources(folders, progress=progress) as sources:
        return compile_sources(sources, output, options, progress)


def _refuse_within(folders: Sequence[Path], output: Path) -> None:
    place = output.absolute().resolve()
    for folder in folders:
        if folder.is_dir() and place.is_relative_to(folder.resolve()):
            raise OutputError(
                "the dataset would lie within what it is made of",
                path=output,
                got=f"an output below {folder}",
                remedy="name an output beside it; the next compile would read this one as input",
            )


def compile_sources(
    sources: Sequence[Source], output: Path, options: CompileOptions, progress: Progress
) -> Compiled:
    """As :func:`compile_dataset`, of folders that are open."""
    key = PatientKey.random() if options.salt is None else PatientKey.from_salt(options.salt)
    read = read_sources(sources)
    check_readings(read, options.selection, options.split)
    told = add_dicom_facts(read, key)
    readings = told.readings
    issues = [issue for reading in readings for issue in issues_of(reading)]

    records = [r for reading in readings for r in reading.radiographs]
    variant = Variant(options.enhance, options.lungs_only)
    with unfinished(output, variant) as work, Workers(options.workers) as workers:
        mark_inputs(work.folder, [source.named for source in sources], variant)
        prepared, prints = _prepare(records, work, variant, workers, issues, progress)
        if not prepared:
            raise DatasetError(
                "no image could be read",
                path=", ".join(str(source.named) for source in sources),
                got=_count_kinds(issues) or "no images",
                remedy="run 'hilum inspect' on each folder to see what is wrong",
            )
        merged = merge_copies(
            *(prepared, prints, issues),
            twins=options.twins,
            on_conflict=options.on_conflict,
            workers=workers,
            progress=progress,
        )
        del prints  # most of what is held
        rows = place_rows(
            *(merged.rows, options.selection, options.split, options.balance, issues),
            links=merged.links,
        )
        folder = work.folder
        advance = progress("writing", len(rows))
        shards = write_shards(rows, folder, workers=workers, advance=advance)
        write_issues(issues, folder / "issues.csv")
        lock = write_lock(
            *(rows, shards, readings, options, folder / LOCK_NAME),
            prepared=prepared,
            patient_key=key.fingerprint if told.has_pseudonyms else None,
            variant=variant,
        )
        write_croissant(rows, shards, folder / "croissant.json")
        write_card(*(rows, issues, lock, folder / "README.md"), classes=options.selection.classes)
    return Compiled(
        folder=output,
        images_read=len(records),
        rows_by_split=dict(sorted(Counter(str(row.split) for row in rows).items())),
        issues_by_kind=dict(sorted(Counter(issue.kind for issue in issues).items())),
        gains=count_gains([row.row for row in rows]),
        has_passing_pseudonyms=options.salt is None and told.has_pseudonyms,
    )


def _prepare(
    records: Sequence[Radiograph],
    work: Unfinished,
    variant: Variant,
    workers: Workers,
    issues: list[Issue],
    progress: Progress,
) -> tuple[list[Prepared], dict[str, Fingerprint]]:
    """The images that can be read, and the fingerprint of each ``image_id``."""
    prepared: list[Prepared] = []
    prints: dict[str, Fingerprint] = {}
    advance = progress("reading", len(records))
    earlier = [work.find(record) for record in records]
    unread = [record for record, known in zip(records, earlier, strict=True) if known is None]
    read = functools.partial(prepare, variant=variant)
    chunk = min(_CHUNK, 1 + len(unread) // (_CHUNK * workers.count))
    fresh = workers.map_ordered(read, unread, chunk=chunk)
    for record, known in zip(records, earlier, strict=True):
        outcome = known
        if outcome is None:
            outcome = next(fresh)
            work.add(record, outcome)
        if outcome.prepared is not None and outcome.fingerprint is not None:
            # A record that comes from a worker is a copy of its own.
            prepared.append(replace(outcome.prepared, radiograph=record))
            prints[outcome.prepared.image_id] = outcome.fingerprint
        issues += outcome.issues
        advance()
    return prepared, prints


def _count_kinds(issues: Sequence[Issue]) -> str:
    counts = Counter(issue.kind for issue in issues)
    return ", ".join(f"{count} × {kind}" for kind, count in sorted(counts.items()))
