"""``hilum compile``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hilum.cli.options import Downloads, Salt, Workers, is_given, one_of
from hilum.cli.terminal import EXIT_INTERRUPTED, counted, progress_bars, say, say_error, show_table

if TYPE_CHECKING:
    from hilum.dataset.compile import Compiled

_SELECTION = "Which radiographs"
_SPLITS = "Copies, groups and splits"


_BESIDE_A_LOCK = ("folders", "output", "salt", "from_lock", "workers")
"""What a lock does not say."""


def compile_folders(
    context: typer.Context,
    folders: Downloads,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help="The dataset folder to make; by default named after the classes and the day on "
            "which it was begun.",
        ),
    ] = None,
    classes: Annotated[
        str | None,
        typer.Option(
            help="Findings to tell apart, 'covid,pneumonia,normal'; others are left out. Published "
            "choices: covid,normal; covid,viral pneumonia,normal; covid,lung_opacity,normal; "
            "covid,lung_opacity,normal,viral pneumonia.",
            rich_help_panel=_SELECTION,
        ),
    ] = None,
    views: Annotated[
        str, typer.Option(help="'frontal', or 'all' with laterals.", rich_help_panel=_SELECTION)
    ] = "frontal",
    adults_only: Annotated[
        bool,
        typer.Option(
            "--adults-only",
            help="Leave out all under 18 years or of unknown age.",
            rich_help_panel=_SELECTION,
        ),
    ] = False,
    licence: Annotated[
        list[str] | None,
        typer.Option(
            help="Only images under it: a name such as CC-BY, 'open' or 'commercial'; may be given "
            "several times. Unknown is not permission.",
            rich_help_panel=_SELECTION,
        ),
    ] = None,
    unlabelled: Annotated[
        bool,
        typer.Option(
            "--unlabelled",
            help="Keep images without finding, mask and score.",
            rich_help_panel=_SELECTION,
        ),
    ] = False,
    balance: Annotated[
        str,
        typer.Option(help="'equal' or 'none': images per class.", rich_help_panel=_SELECTION),
    ] = "none",
    balance_on: Annotated[
        str, typer.Option(help="'train', or 'all' splits.", rich_help_panel=_SELECTION)
    ] = "train",
    twins: Annotated[
        str,
        typer.Option(
            help="Copies of one film: 'unite' their labels in one radiograph, 'group' them in one "
            "split, or 'ignore' that they are.",
            rich_help_panel=_SPLITS,
        ),
    ] = "unite",
    on_conflict: Annotated[
        str,
        typer.Option(
            help="Whose finding stays where copies of one film differ: 'leader' (the best pixels), "
            "'majority', 'unknown' (none), or 'drop' the film.",
            rich_help_panel=_SPLITS,
        ),
    ] = "leader",
    split: Annotated[
        str,
        typer.Option(
            help="'official' keeps published splits; 'patient' draws all anew.",
            rich_help_panel=_SPLITS,
        ),
    ] = "official",
    folds: Annotated[
        int | None,
        typer.Option(min=2, help="Draw folds over train and validation.", rich_help_panel=_SPLITS),
    ] = None,
    holdout: Annotated[
        list[str] | None,
        typer.Option(
            help="A collection or origin to test on; may be given several times.",
            rich_help_panel=_SPLITS,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="For all draws.", rich_help_panel=_SPLITS)] = 0,
    salt: Salt = None,
    enhance: Annotated[
        str | None,
        typer.Option(help="Change every film: 'he', 'clahe', 'complement', 'gamma' or 'bcet'."),
    ] = None,
    lungs_only: Annotated[
        bool,
        typer.Option("--lungs-only", help="Cut films to the lungs, black beside them."),
    ] = False,
    from_lock: Annotated[
        Path | None,
        typer.Option(
            "--from-lock",
            metavar="LOCK",
            help="The hilum.lock.json of a dataset to make again: its options are taken, and "
            "every input must be what it was.",
        ),
    ] = None,
    workers: Workers = None,
) -> None:
    """Make one dataset out of downloaded collections; stopped, it goes on when called again.

    With --from-lock the exit status is 1 when the content differs from the lock's.
    """
    if from_lock is not None:
        from hilum.cli.from_lock import make_again

        for name in context.params:
            if is_given(context, name) and name not in _BESIDE_A_LOCK:
                option = f"--{name.replace('_', '-')}"
                raise typer.BadParameter("the lock says that already", param_hint=option)
        if output is None:
            raise typer.BadParameter("name the folder to make", param_hint="--output")
        make_again(from_lock, folders, output, workers=workers, salt=salt)
        return
    from hilum.cli.selection import balance_of, selection_of
    from hilum.cli.variant import bundled_lungs_finder
    from hilum.dataset.compile import CompileOptions, compile_dataset
    from hilum.dataset.exposures import Twins
    from hilum.dataset.split import SplitOptions
    from hilum.dataset.task_folder import task_folder
    from hilum.dataset.unite import OnConflict
    from hilum.dataset.variant import Variant
    from hilum.imaging.enhance import Enhancement
    from hilum.workers import available_cores

    if split not in ("official", "patient"):
        raise typer.BadParameter(f"{split!r} is neither official nor patient", param_hint="--split")
    drawing = SplitOptions(
        keep_official=split == "official", seed=seed, folds=folds, holdout=tuple(holdout or ())
    )
    selection = selection_of(classes, views, adults_only, licence, unlabelled)
    options = CompileOptions(
        drawing,
        workers or available_cores(),
        salt,
        enhance=None if enhance is None else one_of(Enhancement, enhance, "--enhance"),
        lungs_only=bundled_lungs_finder() if lungs_only else None,
        twins=one_of(Twins, twins, "--twins"),
        on_conflict=one_of(OnConflict, on_conflict, "--on-conflict"),
        selection=selection,
        balance=balance_of(balance, balance_on),
    )
    if output is None:
        variant = Variant(options.enhance, options.lungs_only)
        output = task_folder(selection.classes, folders, variant)
    try:
        with progress_bars() as progress:
            compiled = compile_dataset(folders, output, options=options, progress=progress)
    except KeyboardInterrupt:
        say_error("Interrupted: what was read is kept; the same command goes on.")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    _tell(compiled)


def _tell(compiled: Compiled) -> None:
    rows = sum(compiled.rows_by_split.values())
    read, written = counted(compiled.images_read, "image"), counted(rows, "radiograph")
    say(f"{read} read, {written} written to {compiled.folder}")
    show_table(("split", "radiographs"), list(compiled.rows_by_split.items()))
    if compiled.issues_by_kind:
        show_table(("issue", "count"), list(compiled.issues_by_kind.items()))
        say(f"Each is a line of {compiled.folder / 'issues.csv'}")
    if compiled.gains:
        show_table(("gained through a copy", "images"), list(compiled.gains.items()))
    if compiled.has_passing_pseudonyms:
        say(
            "Patients of DICOM files were given pseudonyms for this dataset only, and splits drawn"
            " by them. To get the same again, set HILUM_SALT to a secret text of your own."
        )
