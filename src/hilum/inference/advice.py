"""What a verification came to, and what to do about it, in a sentence or two."""

from __future__ import annotations

from collections.abc import Sequence

from hilum.inference.environment import package_versions
from hilum.inference.runtime import RuntimeName
from hilum.inference.verify import ImageCheck, RuntimeCheck, Verdict, Verification


def advise(verification: Verification) -> str:
    """The first fault on the way from file to result, for later ones may follow from it."""
    checks = [one for runtime in verification.runtimes for one in runtime.images]
    by_verdict = {verdict: _select(checks, verdict) for verdict in Verdict}
    if verification.passed:
        names = _list([runtime.runtime for runtime in verification.runtimes])
        return f"This installation gives the stored results, with {names}."
    if found := by_verdict[Verdict.OTHER_PIXELS]:
        return _on_pixels(found, verification.expected.made_with)
    if found := by_verdict[Verdict.OTHER_INPUT]:
        versions = _versions(["opencv"], verification.expected.made_with)
        return (
            f"{_names(found)}: decoded as expected, but the network sees other pixels: hilum's"
            f" preparation of images, or the resizing of OpenCV, is another one ({versions})."
            f" Install hilum again, and the expected version.{_nevertheless(found)}"
        )
    return _on_runtimes(verification.runtimes)


def _select(checks: Sequence[ImageCheck], verdict: Verdict) -> list[ImageCheck]:
    return [one for one in checks if one.verdict is verdict]


def _on_pixels(found: Sequence[ImageCheck], made_with: dict[str, str]) -> str:
    dicom = [one.image.endswith(".dcm") for one in found]
    packages = ["opencv"] * (not all(dicom)) + ["pydicom", "gdcm"] * any(dicom)
    reasons = list(dict.fromkeys(one.reason for one in found if one.reason))
    told = f" {' '.join(reasons)}" if reasons else ""
    return (
        f"{_names(found)}: decoded to other pixels than expected.{told} The decoder is another"
        f" one ({_versions(packages, made_with)}). Install the expected version."
        f"{_nevertheless(found)}"
    )


def _on_runtimes(runtimes: Sequence[RuntimeCheck]) -> str:
    failed = [one for one in runtimes if not one.passed]
    sound = [one.runtime for one in runtimes if one.passed]
    if len(failed) > 1 and not any(one.problem for one in failed):
        return (
            f"{_list([one.runtime for one in failed])} alike give other results from the expected"
            " input: hilum itself is another one. Install hilum again."
        )
    said = []
    for one in failed:
        version = package_versions()[one.runtime]
        what = (
            f"does not run here: {one.problem}"
            if one.problem
            else "does not refuse a drawing that is no chest film"
            if one.agrees
            else "gives other results from the expected input"
        )
        said.append(f"{one.runtime} ({version}) {what}. {_remedy(one.runtime, sound)}")
    return " ".join(said)


def _remedy(runtime: RuntimeName, sound: Sequence[RuntimeName]) -> str:
    text = f"Update or reinstall {runtime}"
    return f"{text}, or use --runtime {sound[0]}." if sound else f"{text}."


def _nevertheless(found: Sequence[ImageCheck]) -> str:
    """Small comfort: other pixels need not mean other results."""
    close = all(one.agreement is not None and one.agreement.is_close for one in found)
    return " The results are within the limits nevertheless." if close else ""


def _versions(packages: Sequence[str], made_with: dict[str, str]) -> str:
    here = package_versions()
    return ", ".join(
        f"{name} {here[name]}, expected {made_with.get(name, 'unknown')}" for name in packages
    )


def _names(checks: Sequence[ImageCheck]) -> str:
    return _list(list(dict.fromkeys(one.image for one in checks)))


def _list(names: Sequence[str]) -> str:
    """Names as a sentence has them.

    >>> _list(["a"]), _list(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
