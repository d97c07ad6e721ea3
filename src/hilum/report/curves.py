"""The history of a training → a picture of its curves."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from matplotlib import rc_context
from matplotlib.figure import Figure

from hilum.output import write_whole

# The Okabe-Ito palette: colour-blind readers can tell these apart.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")


def draw_curves(history: Path, output: Path) -> None:
    """Draw ``history`` (CSV: epoch, loss, score, …) as SVG: loss left, scores right."""
    with history.open(newline="", encoding="utf-8") as file:
        table = csv.DictReader(file)
        rows = list(table)
    epochs = [int(row["epoch"]) for row in rows]
    names = [name for name in table.fieldnames or () if name not in ("epoch", "loss")]

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    loss_axes, score_axes = figure.subplots(1, 2)
    loss_axes.plot(epochs, [float(row["loss"]) for row in rows], color="#444444", marker=".")
    loss_axes.set(xlabel="epoch", ylabel="training loss", yscale="log")
    for number, name in enumerate(names):
        values = [float(row[name]) if row[name] else float("nan") for row in rows]
        is_total = name == "score"
        score_axes.plot(
            epochs,
            values,
            label=name.replace("_", " "),
            color="black" if is_total else _COLOURS[number % len(_COLOURS)],
            linestyle="--" if is_total else "-",
        )
    score_axes.set(xlabel="epoch", ylabel="on the validation split")
    score_axes.legend(loc="lower right", fontsize="small")
    for axes in (loss_axes, score_axes):
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    drawn = io.BytesIO()
    with rc_context({"svg.hashsalt": "hilum"}):  # same history, same bytes
        figure.savefig(drawn, format="svg", metadata={"Date": None})
    write_whole(output, drawn.getvalue())
