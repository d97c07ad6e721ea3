"""``hilum evaluate``."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hilum.cli.options import AnyRuntime, OutputFolder, Threads, known_runtime, one_of
from hilum.cli.protocol import known_protocol, show_comparison
from hilum.cli.terminal import counted, progress_bars, say_error, say_title, show_table

if TYPE_CHECKING:
    from hilum.dataset.read import Dataset
    from hilum.evaluation.figures import Evaluation
    from hilum.evaluation.protocols.protocol import Comparison
    from hilum.evaluation.strata import Stratum
    from hilum.inference.model import Model
    from hilum.radiograph import Finding


class ScoreFormat(enum.StrEnum):
    """What is printed in place of a table for people."""

    CSV = "csv"
    JSON = "json"


def evaluate_model(
    model: Annotated[
        list[Path],
        typer.Argument(
            help="A model file; or one for each fold of the dataset, of which each judges the fold"
            " that 'hilum train --fold' held out."
        ),
    ],
    dataset: Annotated[Path, typer.Option(help="A folder made by 'hilum compile'.")],
    output: OutputFolder,
    split: Annotated[
        str | None, typer.Option(help="'train', 'validation' or 'test'.", show_default="test")
    ] = None,
    against: Annotated[
        Path | None, typer.Option(help="A second model file, to compare with on the same images.")
    ] = None,
    by: Annotated[
        str, typer.Option(help="What to part the images by, between commas; '' for nothing.")
    ] = "collection,origin,sex,age,projection",
    same: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="CLASS=FINDING",
            help="A class of the model that means a finding of the dataset; may be given several "
            "times. With --against, each model takes what its own classes have a use for.",
        ),
    ] = None,
    protocol: Annotated[
        str | None,
        typer.Option(help="Also measure as a publication does, ours beside theirs: tahir-2021, …"),
    ] = None,
    score_format: Annotated[
        ScoreFormat | None, typer.Option("--format", help="Print all scores as this instead.")
    ] = None,
    write_card: Annotated[
        bool,
        typer.Option("--write-card", help="Put the scores into the model file and its card."),
    ] = False,
    runtime: AnyRuntime = None,
    threads: Threads = None,
) -> None:
    """Score a model on a split of a dataset, each figure with n and a 95 % interval.

    Research use only.
    """
    runtime_name = known_runtime(runtime)
    if write_card and same:
        raise typer.BadParameter(
            "not with --map: a card's scores are of the model's own classes",
            param_hint="--write-card",
        )
    if len(model) > 1:
        _refuse_with_folds({"--split": split, "--against": against, "--write-card": write_card})
    from hilum.radiograph import Split

    part = one_of(Split, split or "test", "--split")
    kinds, pairs = _kinds(by), _pairs(same or [])
    published = known_protocol(protocol)
    from hilum.dataset.read import open_dataset
    from hilum.evaluation.card import read_card
    from hilum.evaluation.classes import maps_of
    from hilum.evaluation.compare import compare
    from hilum.evaluation.evaluate import evaluate, refuse_unfit
    from hilum.evaluation.folds import evaluate_folds
    from hilum.evaluation.protocols.protocol import compare_with
    from hilum.evaluation.protocols.setting import setting_of
    from hilum.evaluation.write import write_evaluation
    from hilum.inference.model import read_model
    from hilum.inference.predictor import Predictor
    from hilum.output import new_folder
    from hilum.report.evaluation.page import write_evaluation_page
    from hilum.report.evaluation.pictures import draw_pictures
    from hilum.workers import available_cores

    data, models = open_dataset(dataset), [read_model(path) for path in model]
    first = models[0]
    second = None if against is None else read_model(against)
    classes, *others = maps_of(
        pairs, [one.description.findings for one in (first, second) if one is not None]
    )
    if write_card:
        read_card(first)  # is refused before any work where it has no place for scores
    with new_folder(output), progress_bars(quiet=score_format is not None) as progress:

        def run(one: Model) -> Predictor:
            return Predictor(one, threads=threads or available_cores(), runtime=runtime_name)

        def judge(one: Model, kinds: list[Stratum], classes: dict[Finding, Finding]) -> Evaluation:
            advance = progress(f"judging by {one.path.name}", data.count(part))
            return evaluate(run(one), data, part, by=kinds, classes=classes, on_case=advance)

        if second is not None:  # not only once the first has judged all
            refuse_unfit(run(second), data, part, others[0])
        if len(models) > 1:
            count = data.count(Split.TRAIN) + data.count(Split.VALIDATION)
            advance = progress(f"judging by {len(models)} models, each its fold", count)
            evaluation = evaluate_folds(
                models, data, run, by=kinds, classes=classes, on_case=advance
            )
        else:
            evaluation = judge(first, kinds, classes)
        if second is not None:
            other = judge(second, [], others[0])
            evaluation = compare(evaluation, other, first.description, second.description)
        if write_card:
            evaluation = _write_card(first, evaluation)
        comparison = None
        if published is not None:
            comparison = compare_with(published, setting_of(evaluation, first.description, data))
        write_evaluation(evaluation, output, comparison)
    pictures: dict[tuple[str, str], str] = {}
    for one in models:
        judged, of_it = (data, part) if len(models) == 1 else (_held_out(data, one), Split.TEST)
        predictor = Predictor(one, runtime=runtime_name)
        pictures |= draw_pictures(evaluation, predictor, judged, of_it)
    write_evaluation_page(evaluation, output, pictures, comparison)
    _print(evaluation, score_format, comparison)
    _tell(evaluation, output)


def _refuse_with_folds(given: dict[str, object]) -> None:
    for name, value in given.items():
        if value:
            raise typer.BadParameter(
                "not with several models: each judges its own fold of the dataset, and no more",
                param_hint=name,
            )


def _held_out(data: Dataset, model: Model) -> Dataset:
    from hilum.dataset.held_out import hold_out

    fold = model.description.fold
    return data if fold is None else hold_out(data, fold)


def _kinds(names: str) -> list[Stratum]:
    from hilum.evaluation.strata import Stratum

    wanted = [name.strip() for name in names.split(",") if name.strip()]
    if unknown := [name for name in wanted if name not in list(Stratum)]:
        raise typer.BadParameter(
            f"{', '.join(unknown)}: not among {', '.join(Stratum)}", param_hint="--by"
        )
    return [Stratum(name) for name in dict.fromkeys(wanted)]


def _pairs(given: list[str]) -> list[tuple[Finding, Finding]]:
    """Each CLASS=FINDING as class of a model, finding of the dataset."""
    from hilum.radiograph import Finding

    pairs = []
    for pair in given:
        meant, _, named = pair.partition("=")
        if not {meant, named} <= set(Finding):
            raise typer.BadParameter(
                f"{pair!r} is no CLASS=FINDING of {', '.join(Finding)}", param_hint="--map"
            )
        pairs.append((Finding(meant), Finding(named)))
    return pairs


def _write_card(model: Model, evaluation: Evaluation) -> Evaluation:
    """Scores into the model file and its card; the evaluation is then of the file as it became."""
    import dataclasses

    from hilum.evaluation.card import write_card
    from hilum.evaluation.scored import with_scores_of
    from hilum.inference.model import read_model, rewrite_description

    rewrite_description(model.path, with_scores_of(model.description, evaluation))
    written = read_model(model.path)
    card = write_card(written)
    say_error(f"The scores stand in {model.path} and {card}.")
    return dataclasses.replace(evaluation, model_sha256=written.sha256)


def _print(
    evaluation: Evaluation, score_format: ScoreFormat | None, comparison: Comparison | None
) -> None:
    """All figures for programs, or the main ones by collection."""
    from hilum.evaluation.scored import main_differences, model_scores
    from hilum.evaluation.write import figures_table, scores_json

    if score_format is ScoreFormat.CSV:
        typer.echo(figures_table(evaluation.figures), nl=False)
        return
    if score_format is ScoreFormat.JSON:
        typer.echo(scores_json(evaluation, comparison), nl=False)
        return
    scores = model_scores(evaluation)
    for where in dict.fromkeys(score.protocol.split("; ")[-1] for score in scores):
        say_title(where[:1].upper() + where[1:])
        rows = [
            (s.name.replace("_", " "), f"{s.value:.3f}", s.interval, s.n)
            for s in scores
            if s.protocol.endswith(where)
        ]
        show_table(("score", "value", "95 % interval", "n"), rows)
    if evaluation.against:
        say_title(f"Less the scores of {evaluation.against}, on the same images and draws")
        differences = main_differences(evaluation)
        rows = [(s.name.replace("_", " "), f"{s.value:+.3f}", s.interval, s.n) for s in differences]
        show_table(("score", "difference", "95 % interval", "n"), rows)
    if comparison is not None:
        show_comparison(comparison)


def _tell(evaluation: Evaluation, output: Path) -> None:
    for reason, count in evaluation.left_out.items():
        say_error(f"Left out: {count}, {reason}.")
    for note in evaluation.notes:
        say_error(note)
    say_error(
        f"{counted(len(evaluation.cases), 'image')} judged, {len(evaluation.figures):,} figures."
        f" Written to {output}. Research use only."
    )
