"""``docs/protocols.md``: every protocol, with ours where it was measured."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Sequence
from pathlib import Path

from hilum.evaluation.card import markdown_table
from hilum.evaluation.protocols.protocol import Protocol
from hilum.evaluation.protocols.registry import PROTOCOLS

_HEAD = """\
# Protocols

<!-- Written by docs/generate.py; change src/hilum/evaluation/protocols instead. -->

`hilum evaluate MODEL --dataset DATASET --protocol NAME` measures as a publication does and puts
ours beside theirs, with what is not the same. A figure of another protocol, or of other films, is
no comparison. Shares are between 0 and 1; – is not printed, or not known to us. Ours are of the
[bundled model](model.md), `hilum_default_finding`, or of the [recipe](recipes.md) that is named,
intervals by drawing patients; what an [audit](audit.md) found against the bundled model's finding
holds for every figure of classes here:

```sh
hilum compile covid-qu-ex/ -o dataset/
hilum evaluate model.onnx --dataset dataset/ --split validation --protocol tahir-2021 -o tahir/
hilum evaluate model.onnx --dataset dataset/ --split validation --protocol covid-seg -o seg/   # …
hilum compile ieee8023/ shenzhen/ --twins group --holdout ieee8023 -o scored/
hilum evaluate model.onnx --dataset scored/ --split test --protocol cohen-2020 -o cohen/
```

Figures that are averages over five folds take five trainings. Each model is judged on the fold that
was held out from it; ours is of all these images together, and mean and standard deviation over
the folds stand beside it:

```sh
hilum compile radiography/ -o folds/ --folds 5
hilum train recipes/covid_opacity_normal_densenet201.yaml --dataset folds/ --fold 0 -o fold-0.onnx
hilum evaluate fold-0.onnx fold-1.onnx fold-2.onnx fold-3.onnx fold-4.onnx --dataset folds/ \\
    --protocol rahman-2021 -o rahman/
```

The `protocol.csv` that each writes is kept in `protocols/`. The official Test of COVID-QU-Ex was
not at hand: ours by tahir-2021 are of its Val, without the images of which Train has a copy. Nor
were the Radiography Database with its masks and QaTa-COV19: ours by covid-seg, rahman-2021,
chowdhury-2020 and degerli-2021 are of the same Val, by their definitions but not on their films.
"""


def protocols_page(folder: Path) -> str:
    """The page, with figures from each ``NAME.csv`` in ``folder``, else "not run".

    What a model cannot give, such as figures of lungs alone, is of another one's ``NAME-….csv``.
    """
    files = sorted(folder.glob("*.csv"), key=lambda path: path.stem)
    sections = (
        _section(
            protocol, [_read(p) for p in files if p.stem == name or p.stem.startswith(f"{name}-")]
        )
        for name, protocol in PROTOCOLS.items()
    )
    return "\n".join((_HEAD, *sections))


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _section(protocol: Protocol, measured: Sequence[Sequence[dict[str, str]]]) -> str:
    ours: dict[str, dict[str, str]] = {}
    for row in itertools.chain.from_iterable(measured):
        if not ours.get(row["figure"], {}).get("ours"):
            ours[row["figure"]] = row
    rows = [
        (
            published.name,
            published.printed,
            *(_cells(ours[published.name]) if published.name in ours else ("not run", "", "")),
            published.definition,
        )
        for published in protocol.published
    ]
    facts = [
        f"- Source: {protocol.source}",
        f"- Data: {protocol.data}",
        f"- Tested on: {protocol.splits}",
    ]
    differs = " ".join(protocol.differs)
    for number, (one, *_) in enumerate(measured):
        files = ", ".join(f"`{sha256[:16]}`" for sha256 in one["model_sha256"].split(", "))
        data = f"{one['split']} split of dataset `{one['dataset_sha256'][:16]}`"
        of = f"{one['model']} (SHA-256 {files}), {data}"
        facts.append(f"- Ours{' where it gives none' if number else ''}: {of}")
        differs = measured[0][0]["differs"]
    head = ("figure", "theirs", "ours", "95 % interval", "n", "their definition")
    parts = (
        f"## {protocol.name}\n",
        f"{protocol.title}\n",
        *facts,
        "",
        markdown_table(head, rows),
        f"What differs: {differs}\n",
    )
    return "\n".join(parts)


def _cells(row: dict[str, str]) -> tuple[str, str, str]:
    """(value with its unit, interval or what stands for it, n)."""
    if not row["ours"]:
        return "–", row["reason"], row["n"]
    value = f"{float(row['ours']):.3f} {row['unit']}".strip()
    if row.get("fold_mean"):
        value += f", by fold {float(row['fold_mean']):.3f} ± {float(row['fold_sd']):.3f}"
    if not row["low"]:
        return value, row["reason"], row["n"]
    return value, f"{float(row['low']):.3f} – {float(row['high']):.3f}", row["n"]
