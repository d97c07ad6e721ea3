"""``hilum audit``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hilum.cli.options import OutputFolder, Threads
from hilum.cli.terminal import progress_bars, say, say_error, say_title, show_table
from hilum.errors import HilumError

if TYPE_CHECKING:
    from hilum.audit.audit import Audit
    from hilum.inference.model import Model


def audit_dataset(
    dataset: Annotated[Path, typer.Argument(help="A folder made by 'hilum compile'.")],
    output: OutputFolder,
    model: Annotated[
        Path | None, typer.Option(help="A model file, to ask what its finding comes from.")
    ] = None,
    retrain: Annotated[
        Path | None,
        typer.Option(
            metavar="RECIPE",
            help="Also train this recipe once per origin that is left out; takes hours.",
        ),
    ] = None,
    threads: Threads = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print audit.json as well.")] = False,
    write_card: Annotated[
        bool,
        typer.Option(
            "--write-card",
            help="Put what is found against the model's finding into its file and card.",
        ),
    ] = False,
) -> None:
    """Ask whether scores on a dataset are real: leaks, shortcuts, wrong labels, other origins.

    Called again after an interruption, it goes on where it was. Research use only.
    """
    if write_card and model is None:
        raise typer.BadParameter(
            "it needs --model: there is no card to write to", param_hint="--write-card"
        )
    try:
        from hilum.audit.audit import Audited, audit
        from hilum.audit.contrast import contrasts
        from hilum.audit.groups import unite_groups, with_groups
        from hilum.audit.pairs import find_pairs
        from hilum.audit.retrain import KEY as RETRAINED
        from hilum.audit.retrain import check_retrained
        from hilum.audit.write import audit_json, write_audit

        if retrain is not None:
            from hilum.learning.recipe_file import read_recipe
    except ModuleNotFoundError as error:
        raise HilumError(
            "an audit needs more packages",
            got=str(error),
            remedy="in the folder of hilum's clone, run: pip install"
            f" '.[{'audit' if retrain is None else 'audit,train'}]'",
        ) from None
    from hilum.audit.measure import measure_films
    from hilum.dataset.lock import read_lock
    from hilum.dataset.read import open_dataset
    from hilum.evaluation.card import read_card
    from hilum.inference.model import read_model
    from hilum.report.audit.page import PAGE_NAME, write_audit_page
    from hilum.report.audit.pictures import draw_pictures
    from hilum.workers import available_cores

    opened = open_dataset(dataset)
    asked = None if model is None else read_model(model)
    if write_card and asked is not None and not asked.description.findings:
        raise typer.BadParameter(
            f"{model} names no finding, so that nothing is found against one",
            param_hint="--write-card",
        )
    if write_card and asked is not None:
        read_card(asked)  # is refused before any work where it has no place for scores
    # A recipe is refused before anything is measured.
    followed = None if retrain is None else read_recipe(retrain).model_dump_json()
    trainings = output / RETRAINED
    cores = threads or available_cores()
    with progress_bars(quiet=as_json) as progress:
        measured = measure_films(opened, output, model=asked, threads=cores, progress=progress)
        labels = measured.films.labels
        pairs = find_pairs(opened, labels, workers=cores, progress=progress)
        name = dataset.resolve().name
        sha256 = opened.content_sha256
        audited = Audited(name, sha256, read_lock(dataset), asked, measured, pairs)
        more = []
        if retrain is not None and followed is not None:
            united = unite_groups(labels, pairs)
            grouped = with_groups(labels, united)
            more.append(
                check_retrained(
                    *(opened, grouped, contrasts(grouped), retrain, trainings),
                    followed=followed,
                    united=united,
                    threads=cores,
                    tell=say_error,
                )
            )
        found = audit(audited, more=more, progress=progress)
    write_audit_page(found, output, draw_pictures(found, opened))
    write_audit(found, output)
    if write_card and asked is not None:
        _write_card(found, asked, sorted({label["collection"] for label in labels}))
    if retrain is None and trainings.exists():
        say_error(f"Without the trainings in {trainings}: give --retrain to have them on the page.")
    if as_json:
        typer.echo(audit_json(found), nl=False)
        return
    _tell(found)
    say_error(f"Written to {output}; open {output / PAGE_NAME}. Research use only.")


def _write_card(found: Audit, model: Model, collections: list[str]) -> None:
    """Put the caution into the model file, then the card; what stays or goes is told."""
    import dataclasses

    from hilum.audit.caution import why_kept, word_caution
    from hilum.evaluation.card import write_card
    from hilum.inference.model import read_model, rewrite_description

    description = model.description
    caution = word_caution(found, description.findings, collections)
    if caution is None:
        say_error(f"No verdict is about the findings of {model.path}; it stays as it is.")
        return
    earlier = description.finding_caution
    if kept := why_kept(earlier, caution, found.images):
        say_error(f"{model.path} stays as it is: {earlier} {kept}")
        return
    rewrite_description(model.path, dataclasses.replace(description, finding_caution=caution))
    card = write_card(read_model(model.path))
    said = caution or "The audit found nothing against the finding; no caution"
    say_error(f"{said.removesuffix('.')}. So it stands in {model.path} and {card}.")
    if earlier and earlier != caution:
        say_error(f"No longer there: {earlier}")


def _tell(found: Audit) -> None:
    say_title(f"Verdict: {found.outcome}")
    for verdict in found.verdicts:
        say(f"{verdict.outcome}: {verdict.sentence}")
    show_table(
        ("check", "outcome", "answer"),
        [(check.title, check.outcome, check.told) for check in found.checks],
    )
    for remark in found.remarks:
        say_error(remark)
