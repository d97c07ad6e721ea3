"""Where each collection is published, for programs; ``Facts.how_to_get`` says it to people.

No publisher states a checksum of these files, so none is written here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class GitSource:
    """A Git repository, of which the newest state is wanted."""

    url: str

    @property
    def name(self) -> str:
        """Of the folder it is cloned into."""
        return self.url.rstrip("/").rpartition("/")[2].removesuffix(".git")


@dataclass(frozen=True)
class FileSource:
    """A file that anybody may download."""

    url: str
    name: str
    """Of the file on disk."""
    sha256: str | None = None
    """Lower-case hexadecimal; None where the publisher states none."""


@dataclass(frozen=True)
class KaggleSource:
    """A data set of Kaggle, which wants a login."""

    dataset: str
    """``owner/name``."""

    @property
    def page(self) -> str:
        """Where a person downloads it."""
        return f"https://www.kaggle.com/datasets/{self.dataset}"


@dataclass(frozen=True)
class PageSource:
    """A page where a person has to agree to terms or to register, and no program can."""

    page: str
    steps: str
    """What to do there, a clause in the imperative."""


Source = GitSource | FileSource | KaggleSource | PageSource


@dataclass(frozen=True)
class Publication:
    """Where a collection comes from, and what its user should know besides."""

    source: Source
    note: str = ""


PUBLICATIONS: Mapping[str, Publication] = {
    "ieee8023": Publication(GitSource("https://github.com/ieee8023/covid-chestxray-dataset.git")),
    "general-blockchain": Publication(
        GitSource(
            "https://github.com/GeneralBlockchain/covid-19-chest-xray-segmentations-dataset.git"
        )
    ),
    "v7-covid19-xray": Publication(
        GitSource("https://github.com/v7labs/covid-19-xray-dataset.git"),
        "Its images are those of ieee8023: fetch that, too, and give both.",
    ),
    "hannover": Publication(
        GitSource("https://github.com/ml-workgroup/covid-19-image-repository.git")
    ),
    "kermany": Publication(
        FileSource(
            "https://data.mendeley.com/public-files/datasets/rscbjbr9sj/files/"
            "f12eaf6d-6023-432f-acc9-80c9d7393433/file_downloaded",
            "ChestXRay2017.zip",
        )
    ),
    "shenzhen": Publication(
        FileSource(
            "https://openi.nlm.nih.gov/imgs/collections/ChinaSet_AllFiles.zip",
            "ChinaSet_AllFiles.zip",
        ),
        "The lung masks are apart, at https://www.kaggle.com/datasets/yoctoman/shcxr-lung-mask "
        "(login): unpack both and put the masks into a folder 'masks' beside 'CXR_png'. "
        "Without them the lungs are unknown.",
    ),
    "montgomery": Publication(
        FileSource(
            "https://openi.nlm.nih.gov/imgs/collections/NLM-MontgomeryCXRSet.zip",
            "NLM-MontgomeryCXRSet.zip",
        )
    ),
    "brixia-cohen": Publication(
        GitSource("https://github.com/BrixIA/Brixia-score-COVID-19.git"),
        "It scores images of ieee8023: fetch that, too, and give both.",
    ),
    "brixia": Publication(
        PageSource(
            "https://brixia.github.io/",
            "follow its link to the data set, agree to its terms and download the images and the "
            "table of scores",
        )
    ),
    "rsna-pneumonia": Publication(
        PageSource(
            "https://www.kaggle.com/competitions/rsna-pneumonia-detection-challenge/data",
            "log in, accept the rules of the competition and press 'Download All'",
        )
    ),
    "qata-cov19": Publication(KaggleSource("aysendegerli/qatacov19-dataset")),
    "covid-qu-ex": Publication(KaggleSource("anasmohammedtahir/covidqu")),
    "radiography": Publication(KaggleSource("tawsifurrahman/covid19-radiography-database")),
    "chestx-ray14": Publication(
        KaggleSource("nih-chest-xrays/data"),
        "It has about 42 GB, and as much again is needed while it is read. From NIH's own Box "
        "folder come twelve .tar.gz archives: unpack those yourself.",
    ),
}
"""By the collection's short name, every collection that is published."""
