"""Arguments and options that several commands have, and what makes one of them wrong."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    from hilum.inference.runtime import RuntimeName

Choice = TypeVar("Choice", bound=enum.StrEnum)

Downloads = Annotated[
    list[Path],
    typer.Argument(
        metavar="FOLDER…",
        help="Downloaded collections: folders, or zip archives, which are unpacked into a "
        "temporary folder (TMPDIR) while the command runs.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Workers = Annotated[
    int | None,
    typer.Option(min=1, help="Processes that read images; by default one per core."),
]
Threads = Annotated[
    int | None, typer.Option(min=1, help="Images worked on at once; by default one per core.")
]
Salt = Annotated[
    str | None,
    typer.Option(envvar="HILUM_SALT", help="Hides who the patients of DICOM files are."),
]
AnyRuntime = Annotated[str | None, typer.Option("--runtime", help="'openvino' or 'onnxruntime'.")]
ModelFile = Annotated[Path, typer.Option("-o", "--output", help="The model file, .onnx.")]
OutputFolder = Annotated[Path, typer.Option("-o", "--output", help="The folder to write.")]


def one_of(kind: type[Choice], name: str, option: str) -> Choice:
    """The member of ``kind`` called ``name``, as ``option`` has it.

    Raises:
        typer.BadParameter: there is none.
    """
    try:
        return kind(name)
    except ValueError:
        raise typer.BadParameter(
            f"{name!r} is not one of {', '.join(kind)}", param_hint=option
        ) from None


def known_runtime(name: str | None) -> RuntimeName | None:
    """The runtime called ``name``; none if none was named.

    Raises:
        typer.BadParameter: there is no runtime of that name.
    """
    from typing import get_args

    from hilum.inference.runtime import RuntimeName

    names: tuple[RuntimeName, ...] = get_args(RuntimeName)
    for known in names:
        if name == known:
            return known
    if name is None:
        return None
    raise typer.BadParameter(f"{name!r} is neither {' nor '.join(names)}", param_hint="--runtime")


def is_given(context: typer.Context, name: str) -> bool:
    """Whether the option ``name`` was typed, not its default or the environment taken."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def require_onnx(output: Path) -> None:
    """Raise ``typer.BadParameter`` unless ``output`` is named like a model file."""
    if output.suffix != ".onnx":
        raise typer.BadParameter(f"{output} does not end in .onnx", param_hint="--output")
