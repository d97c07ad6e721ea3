"""The page on a folder of predictions: complete, offline, safe."""

from __future__ import annotations

import base64
import csv
import re
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from hilum.errors import OutputError
from hilum.inference import Predictor
from hilum.inference.folder import PictureOptions
from hilum.radiograph import Finding
from hilum.report import predictions as page_module
from hilum.report.predictions import write_predictions_page
from tests.fakes.model import FINDINGS, describe, draw_pixels, write_model
from tests.inference.outputs import predict, write_png


@pytest.fixture(scope="module")
def predictor(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    return Predictor(write_model(tmp_path_factory.mktemp("model") / "fake.onnx"))


class Page(HTMLParser):
    """What a browser would show of it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.images: list[dict[str, str]] = []
        self.links: list[str] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        values = {name: value or "" for name, value in attrs}
        self.links += [values[name] for name in ("src", "href") if name in values]
        if tag == "img":
            self.images.append(values)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def make(predictor: Predictor, folder: Path, **options: bool) -> Page:
    predict(predictor, [folder / "in"], folder / "out", options=PictureOptions(**options))
    write_predictions_page(folder / "out", folder / "page/report.html")
    return Page((folder / "page/report.html").read_text(encoding="utf-8"))


def pixels_of(url: str) -> np.ndarray:
    data = base64.b64decode(url.removeprefix("data:image/jpeg;base64,"))
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture


def test_every_image_and_its_figures_are_told(predictor: Predictor, tmp_path: Path) -> None:
    for finding in FINDINGS:
        write_png(tmp_path / f"in/{finding}.png", draw_pixels(finding))
    write_png(tmp_path / "in/blank.png", np.zeros((99, 99), np.uint8))
    (tmp_path / "in/broken.png").write_text("text")
    page = make(predictor, tmp_path)
    for name in ("normal", "covid", "pneumonia", "blank", "broken"):
        assert f"{name}.png" in page.text
    assert "Predictions on 5 images" in page.text
    assert "Research use only; never a diagnosis." in page.text
    assert "blank.png refused: the image is blank" in page.text
    assert "broken.png failed: this is no image hilum can read" in page.text
    assert "opacity of other cause is not measured" in page.text
    assert "1 refused, 1 failed, 3 ok." in page.text
    assert "covid, 25.0 % of the lungs infected" in page.text
    assert predictor.model.sha256[:16] in page.text


def test_it_opens_offline_and_without_scripts(predictor: Predictor, tmp_path: Path) -> None:
    write_png(tmp_path / "in/covid.png", draw_pixels())
    page = make(predictor, tmp_path)
    assert not {"script", "link", "iframe"} & set(page.tags)
    assert page.links and all(link.startswith("data:") for link in page.links)
    html = (tmp_path / "page/report.html").read_text(encoding="utf-8")
    assert not re.search(r"https?://|url\(|@import|\son\w+=", html)


def test_pictures_have_words_for_who_cannot_see_them(predictor: Predictor, tmp_path: Path) -> None:
    write_png(tmp_path / "in/covid.png", draw_pixels())
    (image,) = make(predictor, tmp_path).images
    assert "covid.png" in image["alt"] and "25" in image["alt"]
    assert pixels_of(image["src"]).shape[1] == 512


def test_each_picture_stands_beside_its_own_name(predictor: Predictor, tmp_path: Path) -> None:
    for number, name in enumerate(["x.png", "x.jpg", "x.png.png", "y.png/x.png", "y.jpg"]):
        write_png(tmp_path / "in" / name, draw_pixels(size=(100 + 10 * number, 100)))
    images = make(predictor, tmp_path).images
    assert len(images) == 5
    for image in images:
        name = image["alt"].split()[1]
        overlay = tmp_path / "out/overlays" / f"{name}.png"
        if not overlay.exists():
            overlay = overlay.with_name(name.rpartition("/")[2].rpartition(".")[0] + ".png")
        written = cv2.imread(str(overlay))
        assert written is not None and pixels_of(image["src"]).shape == written.shape


def test_names_are_text_not_markup(predictor: Predictor, tmp_path: Path) -> None:
    name = "<img src=x onerror=alert(1)>\" & 'q'.png"
    write_png(tmp_path / "in" / name, draw_pixels())
    (tmp_path / "in/<b>broken<b>.png").write_text("text")
    page = make(predictor, tmp_path)
    assert len(page.images) == 1 and "b" not in page.tags
    assert name in page.images[0]["alt"]
    assert name in page.text and "<b>broken<b>.png" in page.text


def test_missing_overlays_are_said(predictor: Predictor, tmp_path: Path) -> None:
    for finding in FINDINGS:
        write_png(tmp_path / f"in/{finding}.png", draw_pixels(finding))
    page = make(predictor, tmp_path, overlays=False)
    assert not page.images
    assert "3 of the images that are ok have no picture on this page." in page.text
    for finding in FINDINGS:
        assert f"{finding}.png" in page.text


def test_more_pictures_than_a_browser_likes(
    predictor: Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_module, "MAX_PICTURES", 2)
    for number in range(4):
        write_png(tmp_path / f"in/{number}.png", draw_pixels(Finding.NORMAL))
    page = make(predictor, tmp_path)
    assert len(page.images) == 2 and "2 of the images that are ok have no picture" in page.text


def test_a_table_of_a_killed_run(predictor: Predictor, tmp_path: Path) -> None:
    write_png(tmp_path / "in/a.png", draw_pixels())
    write_png(tmp_path / "in/b.png", draw_pixels())
    predict(predictor, [tmp_path / "in"], tmp_path / "out")
    table = tmp_path / "out/predictions.csv"
    table.write_text(table.read_text()[:-90])
    assert write_predictions_page(tmp_path / "out", tmp_path / "page.html").done == 1
    table.write_text(table.read_text().splitlines(keepends=True)[0])
    assert write_predictions_page(tmp_path / "out", tmp_path / "page.html").done == 0
    page = Page((tmp_path / "page.html").read_text())
    assert "Predictions on 0 images" in page.text
    assert "0 of 2 images; the run was stopped" in page.text


def test_a_run_that_went_through_is_not_called_stopped(
    predictor: Predictor, tmp_path: Path
) -> None:
    write_png(tmp_path / "in/a.png", draw_pixels())
    page = make(predictor, tmp_path)
    assert "stopped" not in page.text
    assert f"run by {predictor.runtime}" in page.text
    (tmp_path / "out/hilum-predict.json").unlink()  # as earlier versions left it
    assert write_predictions_page(tmp_path / "out", tmp_path / "page.html").is_whole


@pytest.mark.parametrize(
    "content", [b"", b"name,score\nx,1\n", b"path,status\na.png,ok\n", b"\xff\xfe\0bytes\n"]
)
def test_another_table_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "predictions.csv").write_bytes(content)
    with pytest.raises(OutputError, match="no table of predictions"):
        write_predictions_page(tmp_path, tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


def test_no_folder_and_no_place(predictor: Predictor, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="there are no predictions"):
        write_predictions_page(tmp_path, tmp_path / "page.html")
    write_png(tmp_path / "in/a.png", draw_pixels())
    predict(predictor, [tmp_path / "in"], tmp_path / "out")
    with pytest.raises(OutputError, match="cannot be written"):
        write_predictions_page(tmp_path / "out", tmp_path / "in/a.png/page.html")


def test_only_a_page_is_replaced(predictor: Predictor, tmp_path: Path) -> None:
    write_png(tmp_path / "in/a.png", draw_pixels())
    predict(predictor, [tmp_path / "in"], tmp_path / "out")
    notes = tmp_path / "notes.html"
    notes.write_text("mine")
    for output, reason in (
        (tmp_path, "ends in .html"),
        (tmp_path / "in/a.png", "ends in .html"),
        (tmp_path / "out/predictions.csv", "ends in .html"),
        (notes, "no page of hilum"),
    ):
        with pytest.raises(OutputError, match=reason):
            write_predictions_page(tmp_path / "out", output)
    assert notes.read_text() == "mine"
    page = tmp_path / "page.html"
    assert write_predictions_page(tmp_path / "out", page).done == 1
    assert write_predictions_page(tmp_path / "out", page).done == 1


def test_a_damaged_overlay_is_named(predictor: Predictor, tmp_path: Path) -> None:
    write_png(tmp_path / "in/a.png", draw_pixels())
    predict(predictor, [tmp_path / "in"], tmp_path / "out")
    (tmp_path / "out/overlays/a.png").write_bytes(b"nothing")
    with pytest.raises(OutputError, match=r"overlays/a\.png: the overlay cannot be read"):
        write_predictions_page(tmp_path / "out", tmp_path / "page.html")


def test_a_table_that_a_spreadsheet_saved_again(predictor: Predictor, tmp_path: Path) -> None:
    write_png(tmp_path / "in/a.png", draw_pixels())
    predict(predictor, [tmp_path / "in"], tmp_path / "out")
    table = tmp_path / "out/predictions.csv"
    table.write_bytes(b"\xef\xbb\xbf" + table.read_bytes())
    assert write_predictions_page(tmp_path / "out", tmp_path / "page.html").done == 1


def test_what_an_audit_found_stands_on_the_page_once(tmp_path: Path) -> None:
    caution = "An audit condemned this <finding>."
    described = describe(caution=caution)
    audited = Predictor(write_model(tmp_path / "audited.onnx", described=described))
    for finding in FINDINGS:
        write_png(tmp_path / f"in/{finding}.png", draw_pixels(finding))
    assert make(audited, tmp_path).text.count(caution) == 1


def test_a_table_from_before_there_were_cautions_is_read(
    predictor: Predictor, tmp_path: Path
) -> None:
    write_png(tmp_path / "in/film.png", draw_pixels())
    predict(predictor, [tmp_path / "in"], tmp_path / "out")
    table = tmp_path / "out/predictions.csv"
    with table.open(newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    place = head.index("finding_caution")
    with table.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([*row[:place], *row[place + 1 :]] for row in (head, *rows))
    write_predictions_page(tmp_path / "out", tmp_path / "page.html")
    assert "film.png" in (tmp_path / "page.html").read_text(encoding="utf-8")
