"""The columns of a dataset: Parquet that Hugging Face, DuckDB, Polars and Ray read as it is."""

from __future__ import annotations

import json

import pyarrow as pa

from hilum.radiograph import STORED_STRUCTURES
from hilum.scales import READERS_SCALES

SEVERITY_COLUMNS = {scale.name: scale.column for scale in READERS_SCALES}
"""Name of a severity scale → its column, which carries the range."""

_PICTURE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])

_LABELS: tuple[tuple[str, pa.DataType], ...] = (
    ("lung_convention", pa.string()),
    ("finding", pa.string()),
    ("patient_id", pa.string()),
    ("group_id", pa.string()),
    ("collection", pa.string()),
    ("origin", pa.string()),
    ("source_path", pa.string()),
    ("official_split", pa.string()),
    ("fold", pa.int32()),
    ("licence", pa.string()),
    ("citation", pa.string()),
    ("view", pa.string()),
    ("age", pa.float32()),
    ("sex", pa.string()),
    ("day", pa.int32()),
    *((column, pa.float32()) for column in SEVERITY_COLUMNS.values()),
    ("label_source", pa.string()),
    ("width", pa.int32()),
    ("height", pa.int32()),
    # Where the image lies in its film and how large that is; null where it is the whole film.
    ("crop_left", pa.int32()),
    ("crop_top", pa.int32()),
    ("source_width", pa.int32()),
    ("source_height", pa.int32()),
)

PICTURE_COLUMNS = ("image", *STORED_STRUCTURES)
LABEL_COLUMNS = ("image_id", *(name for name, _ in _LABELS))

_HUGGING_FACE_NAMES = {
    pa.string(): "string",
    pa.int32(): "int32",
    pa.float32(): "float32",
}


def dataset_schema() -> pa.Schema:
    """The Arrow schema, with the metadata that makes Hugging Face show pictures."""
    fields = [
        # Nullable, although they never are null: Hugging Face takes no picture from others.
        pa.field("image_id", pa.string()),
        pa.field("image", _PICTURE),
        *(pa.field(structure, _PICTURE) for structure in STORED_STRUCTURES),
        *(pa.field(name, kind) for name, kind in _LABELS),
    ]
    features = {
        field.name: {"_type": "Image"}
        if field.type == _PICTURE
        else {"dtype": _HUGGING_FACE_NAMES[field.type], "_type": "Value"}
        for field in fields
    }
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    return pa.schema(fields, metadata=metadata)
