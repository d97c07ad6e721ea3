"""The classes of a model beside the findings of a dataset: which mean the same."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from hilum.dataset.read import Dataset
from hilum.errors import DatasetError
from hilum.radiograph import Finding, Split


def maps_of(
    pairs: Sequence[tuple[Finding, Finding]], models: Sequence[Sequence[Finding]]
) -> list[dict[Finding, Finding]]:
    """Of each model, by its own classes, what :func:`refuse_strange_classes` calls ``classes``.

    Two models take those of ``pairs`` (class, finding of the dataset) whose class they have, but no
    class of that finding already. One model takes all, to be refused what does not fit.

    Raises:
        DatasetError: neither of two models can take a pair, or one would have two classes for a
            finding.
    """
    maps: list[dict[Finding, Finding]] = [{} for _ in models]
    for meant, named in pairs:
        takers = [
            taken
            for taken, findings in zip(maps, models, strict=True)
            if len(models) == 1
            or (meant in findings and not any(named.is_a(own) for own in findings))
        ]
        if not takers:
            raise DatasetError(
                "neither model can take this --map",
                got=f"--map {meant}={named}",
                expected=f"one of {' or of '.join(dict.fromkeys(map(_names, models)))} = a finding"
                " that the same model has no class for",
                remedy="correct it, or leave it out",
            )
        for taken in takers:
            if taken.setdefault(named, meant) is not meant:
                raise DatasetError(
                    "one finding cannot mean two classes of a model",
                    got=f"--map {taken[named]}={named} and --map {meant}={named}",
                    remedy="leave one of them out",
                )
    return maps


def refuse_strange_classes(
    model: str,
    findings: Sequence[Finding],
    dataset: Dataset,
    split: Split,
    classes: Mapping[Finding, Finding],
) -> None:
    """Raise unless the model has a class for some finding of ``split``, and ``classes`` fit both.

    Args:
        model: its name, for the message.
        findings: the model's classes; without any, nothing is to fit.
        dataset: what it is to be judged on.
        split: the part of it.
        classes: finding of the dataset → the model's class that means it.

    Raises:
        DatasetError: they do not.
    """
    known = Counter(Finding(row["finding"]) for row in dataset.labels(split) if row["finding"])
    for named, meant in classes.items():
        if meant not in findings or not any(truth.is_a(named) for truth in known):
            raise DatasetError(
                f"a class of {model} and a finding of the dataset are needed on either side of =",
                path=dataset.folder,
                got=f"--map {meant}={named}",
                expected=f"one of {_names(findings)} = one of {_names(known)}",
                remedy="correct --map",
            )
        if own := [name for name in findings if named.is_a(name)]:
            raise DatasetError(
                f"{model} has a class of that meaning already",
                path=dataset.folder,
                got=f"--map {meant}={named}",
                expected=f"a finding that is none of {_names(findings)}",
                remedy=f"leave this --map out; {named} is judged as {own[-1]}",
            )
    strange = strangers(known, findings, classes)
    if findings and known and len(strange) == len(known):
        raise DatasetError(
            f"{model} has a class for none of the dataset's findings",
            path=dataset.folder,
            got=_names(known),
            expected=_names(findings),
            remedy=f"say what means the same, like {_example(findings, known)}",
        )


def strangers(
    truths: Iterable[Finding], findings: Sequence[Finding], classes: Mapping[Finding, Finding]
) -> list[Finding]:
    """Those of ``truths`` that the model has no class for, in order."""
    named = (*findings, *classes)
    return sorted({truth for truth in truths if not any(truth.is_a(name) for name in named)})


def unnamed_note(truths: Sequence[Finding], findings: Sequence[Finding]) -> str:
    """A sentence on those of ``truths`` (one per case) that have no class, or nothing."""
    counts = Counter(truths)
    strange = strangers(counts, findings, {})
    if not strange or not findings:
        return ""
    without = [f for f in findings if not any(truth.is_a(f) for truth in counts)]
    told = ", ".join(f"{truth} ({counts[truth]} images)" for truth in strange)
    kinds = [f for f in findings if any(f.is_a(truth) for truth in strange)]
    unless = f" (unknown to {', '.join(kinds)}, which would be a kind of it)" if kinds else ""
    sentence = (
        f"The model has no class for {told}: to each class they are images without it{unless}, and"
        " they do not count in the accuracy."
    )
    if without:
        sentence += f" If one of its classes means the same, say so: {_example(without, strange)}."
    return sentence


def _example(findings: Sequence[Finding], truths: Iterable[Finding]) -> str:
    """The likeliest ``--map``: a kind of the other, else what is not normal on either side."""

    def likely(pair: tuple[Finding, Finding]) -> tuple[bool, bool]:
        meant, named = pair
        return meant.is_a(named), Finding.NORMAL not in pair

    pairs = itertools.product(reversed(findings), sorted(truths))
    meant, named = max(pairs, key=likely)
    return f"--map {meant}={named}"


def _names(findings: Iterable[Finding]) -> str:
    return ", ".join(sorted(findings)) or "nothing"
