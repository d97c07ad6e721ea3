"""``croissant.json``: the dataset described for machines (MLCommons Croissant 1.0)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from hilum.dataset.schema import PICTURE_COLUMNS, dataset_schema
from hilum.dataset.write import PlacedRow, Shard

_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_TYPES = {pa.string(): "sc:Text", pa.int32(): "sc:Integer", pa.float32(): "sc:Float"}


def write_croissant(rows: Sequence[PlacedRow], shards: Sequence[Shard], path: Path) -> None:
    """Write the description of ``shards`` to ``path``."""
    radiographs = [placed.row.prepared.radiograph for placed in rows]
    description = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": "hilum-dataset",
        "description": f"{len(rows)} chest radiographs of "
        + ", ".join(sorted({r.collection for r in radiographs}))
        + ", compiled by hilum. Research use only.",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "license": sorted({r.licence.url or r.licence.name for r in radiographs}),
        "citeAs": "; ".join(sorted({r.citation for r in radiographs if r.citation})),
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": shard.path.name,
                "name": shard.path.name,
                "contentUrl": f"data/{shard.path.name}",
                "encodingFormat": "application/x-parquet",
                "sha256": shard.sha256,
            }
            for shard in shards
        ]
        + [
            {  # of the folder this file lies in, so that it is read from disk without a download
                "@type": "cr:FileSet",
                "@id": "parquet",
                "name": "parquet",
                "encodingFormat": "application/x-parquet",
                "includes": "data/*.parquet",
            }
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "radiographs",
                "name": "radiographs",
                "key": {"@id": "radiographs/image_id"},
                "field": [_field(field) for field in dataset_schema()],
            }
        ],
    }
    path.write_text(json.dumps(description, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _field(field: pa.Field) -> dict[str, Any]:
    picture = field.name in PICTURE_COLUMNS
    source: dict[str, Any] = {"fileSet": {"@id": "parquet"}, "extract": {"column": field.name}}
    if picture:
        source["transform"] = {"jsonPath": "bytes"}
    return {
        "@type": "cr:Field",
        "@id": f"radiographs/{field.name}",
        "name": field.name,
        "dataType": "sc:ImageObject" if picture else _TYPES[field.type],
        "source": source,
    }
