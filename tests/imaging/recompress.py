"""DICOM files written again in other transfer syntaxes, by GDCM."""

from __future__ import annotations

import tempfile
from pathlib import Path

import gdcm


def recompress(data: bytes, syntax: str) -> bytes:
    """The DICOM file ``data`` in the transfer syntax that GDCM calls ``syntax``."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "source.dcm"), Path(folder, "target.dcm")
        source.write_bytes(data)
        reader = gdcm.ImageReader()
        reader.SetFileName(str(source))
        assert reader.Read()
        change = gdcm.ImageChangeTransferSyntax()
        change.SetTransferSyntax(gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, syntax)))
        change.SetInput(reader.GetImage())
        assert change.Change(), f"GDCM writes no {syntax} of this"
        writer = gdcm.ImageWriter()
        writer.SetFileName(str(target))
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        assert writer.Write()
        return target.read_bytes()
