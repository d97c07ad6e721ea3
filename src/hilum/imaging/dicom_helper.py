"""The process that decompresses DICOM pixels for :mod:`hilum.imaging.dicom_outside`."""

from __future__ import annotations

import json
import os
import pickle
import signal
import sys
from collections.abc import Mapping
from typing import Any

import gdcm
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels.utils import pixel_array
from pydicom.uid import UID, JPEGExtended12Bit

from hilum.imaging.dicom_outside import receive, send


def main() -> None:
    """Answer requests until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asks decides when to stop
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # libraries that print must not print between the answers
    while True:
        try:
            request = receive(sys.stdin.buffer)
        except EOFError:
            return
        data = b""
        try:
            pixels = decompress(*pickle.loads(request))
            head: dict[str, Any] = {"dtype": pixels.dtype.str, "shape": pixels.shape}
            data = np.ascontiguousarray(pixels).tobytes()
        except Exception as error:  # pydicom raises whatever a damaged byte leads it to
            head = {"error": str(error) or type(error).__name__}
        send(answers, json.dumps(head).encode())
        send(answers, data)


def decompress(tags: Mapping[str, Any], syntax: str, frame: bytes) -> NDArray[Any]:
    """The pixels of a compressed ``frame``: H×W, or H×W×3 with colours turned to RGB.

    Raises:
        Exception: whatever the decoder raises.
    """
    if syntax == JPEGExtended12Bit:
        return _decompress_extended(tags, syntax, frame)
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    for keyword, value in tags.items():
        setattr(dataset, keyword, value)
    dataset.PixelData = encapsulate([frame])
    return pixel_array(dataset)


def _decompress_extended(tags: Mapping[str, Any], syntax: str, frame: bytes) -> NDArray[np.uint16]:
    """JPEG of 12 bits, which GDCM decodes, but pydicom does not ask it to."""
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(frame)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((tags["Columns"], tags["Rows"], 1))
    image.SetDataElement(element)
    grey = gdcm.PhotometricInterpretation.GetPIType("MONOCHROME2")
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(grey))
    image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(syntax)))
    image.SetPixelFormat(gdcm.PixelFormat(1, 16, 12, 11, 0))
    # GDCM gives bytes as text.
    values = image.GetBuffer().encode("utf-8", "surrogateescape")
    return np.frombuffer(values, "<u2").reshape(tags["Rows"], tags["Columns"])


if __name__ == "__main__":
    main()
