"""What holds for every registered collection, shown on its fake."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from hilum.collections.collection import Collection, Reading
from hilum.collections.folders import walk_images
from hilum.collections.inspect import inspect
from hilum.collections.registry import COLLECTIONS, read_folder, recognise
from hilum.errors import CollectionError
from hilum.imaging.masks import read_mask
from hilum.imaging.read import read_picture
from hilum.radiograph import MaskFile, Structure
from tests.collections.zips import zip_folder
from tests.fakes.every import FAKES, MORE_FAKES
from tests.fakes.fake import DrawFake, FakeCollection

NAMES = [collection.facts.name for collection in COLLECTIONS]


LAYOUTS = {name: (name, FAKES[name]) for name in NAMES} | MORE_FAKES


@pytest.fixture(params=LAYOUTS)
def layout(request: pytest.FixtureRequest) -> tuple[str, DrawFake]:
    return LAYOUTS[request.param]


@pytest.fixture
def collection(layout: tuple[str, DrawFake]) -> Collection:
    return COLLECTIONS[NAMES.index(layout[0])]


@pytest.fixture
def fake(layout: tuple[str, DrawFake], tmp_path: Path) -> FakeCollection:
    return layout[1](tmp_path / "download", np.random.default_rng(7))


def _read(collection: Collection, fake: FakeCollection) -> Reading:
    root = collection.find_root(fake.folder)
    assert root is not None
    return collection.read(root, others=fake.others)


def test_every_collection_has_a_fake_and_a_name_of_its_own() -> None:
    assert sorted(FAKES) == sorted(NAMES)
    assert len(set(NAMES)) == len(NAMES)


def test_facts_are_complete(collection: Collection) -> None:
    facts = collection.facts
    for field in dataclasses.fields(facts):
        if field.name not in ("structures", "lung_convention", "holds"):
            assert getattr(facts, field.name), field.name
    assert set(facts.holds) <= {*NAMES} - {facts.name}
    assert (facts.lung_convention is not None) == (Structure.RIGHT_LUNG in facts.structures)
    assert Structure.LUNGS not in facts.structures
    module = __import__(type(collection).__module__, fromlist=["__doc__"])
    positions = [module.__doc__.find(f"\n{word}: ") for word in ("What", "Format", "Citation")]
    assert -1 not in positions and positions == sorted(positions)


def test_is_recognised_wherever_its_top_folder_went(
    collection: Collection, fake: FakeCollection, tmp_path: Path
) -> None:
    found, root = recognise(fake.folder)
    assert found is collection
    assert recognise(root) == (collection, root), "the top folder missing"
    doubled = tmp_path / "doubled"
    doubled.mkdir()
    shutil.move(root, doubled / root.name)
    assert recognise(doubled) == (collection, doubled / root.name)


def test_is_recognised_by_no_collection_before_it(
    collection: Collection, fake: FakeCollection
) -> None:
    earlier = COLLECTIONS[: COLLECTIONS.index(collection)]
    assert [c.facts.name for c in earlier if c.find_root(fake.folder) is not None] == []


def test_reads_what_was_drawn(collection: Collection, fake: FakeCollection) -> None:
    reading = _read(collection, fake)
    assert len(reading.radiographs) == fake.radiographs
    assert Counter(problem.kind for problem in reading.problems) == fake.problems
    assert Counter(radiograph.finding for radiograph in reading.radiographs) == fake.findings
    assert reading.collection == collection.facts.name


def test_every_image_file_is_accounted_for(collection: Collection, fake: FakeCollection) -> None:
    reading = _read(collection, fake)
    accounted = {radiograph.path for radiograph in reading.radiographs}
    accounted |= {reading.root / problem.source_path for problem in reading.problems}
    for radiograph in reading.radiographs:
        for masks in radiograph.masks.values():
            accounted |= {mask.path for mask in masks if isinstance(mask, MaskFile)}
    assert set(walk_images(reading.root)) <= accounted


def test_radiographs_are_well_formed(collection: Collection, fake: FakeCollection) -> None:
    reading = _read(collection, fake)
    source_paths = [radiograph.source_path for radiograph in reading.radiographs]
    assert len(set(source_paths)) == len(source_paths)
    prefixes = tuple(f"{name}:" for name in NAMES)
    for radiograph in reading.radiographs:
        assert radiograph.collection == collection.facts.name
        assert radiograph.path.is_file()
        assert not radiograph.source_path.startswith(("/", ".")), radiograph.source_path
        assert radiograph.patient_id is None or radiograph.patient_id.startswith(prefixes)
        assert radiograph.sex in (None, "F", "M")
        assert (
            radiograph.finding is None
            or radiograph.finding in collection.facts.findings
            or (
                collection.facts.name == "v7-covid19-xray"  # findings are those of its images' home
            )
        )
        lungs = {Structure.LUNGS, Structure.RIGHT_LUNG, Structure.LEFT_LUNG}
        has_lungs = bool(lungs & radiograph.masks.keys())
        if has_lungs and collection.facts.lung_convention is None:
            continue  # in somebody's own folder, only its names can tell
        assert (radiograph.lung_convention is not None) == has_lungs


def test_reads_the_same_again(collection: Collection, fake: FakeCollection) -> None:
    assert _read(collection, fake) == _read(collection, fake)


def test_masks_can_be_read_and_lie_inside(collection: Collection, fake: FakeCollection) -> None:
    for radiograph in _read(collection, fake).radiographs:
        picture = read_picture(radiograph.path)
        size = {"width": picture.width, "height": picture.height}
        masks = {s: read_mask(m, **size) for s, m in radiograph.masks.items()}
        if Structure.RIGHT_LUNG in masks and Structure.LEFT_LUNG in masks:
            right, left = (masks[s] for s in (Structure.RIGHT_LUNG, Structure.LEFT_LUNG))
            assert np.nonzero(right)[1].mean() < np.nonzero(left)[1].mean()
        for structure, mask in masks.items():
            assert mask.shape == picture.pixels.shape
            assert mask.any() or structure is Structure.INFECTION


def test_a_lost_mask_is_a_problem_and_unknown(collection: Collection, fake: FakeCollection) -> None:
    if fake.mask is None:
        pytest.skip("its masks are no files, or optional")
    before = _read(collection, fake)
    fake.mask.unlink()
    after = _read(collection, fake)
    new = Counter(p.kind for p in after.problems) - Counter(p.kind for p in before.problems)
    assert new["missing mask"] == 1
    assert set(new) <= {"missing mask", "unused mask"}, "a pair's other mask may be left over"
    assert sum(len(r.masks) for r in before.radiographs) == 1 + sum(
        len(r.masks) for r in after.radiographs
    )


@pytest.mark.parametrize(
    "damage", [b"", b"\0\1\2\3", b"a,b\n1,2\n", b"PK\3\4 no archive", b'"unclosed\n'], ids=repr
)
def test_a_damaged_table_is_named_with_a_remedy(
    collection: Collection, fake: FakeCollection, damage: bytes
) -> None:
    if fake.table is None:
        pytest.skip("it has no table")
    root = collection.find_root(fake.folder)
    assert root is not None
    fake.table.write_bytes(damage)
    with pytest.raises(CollectionError) as raised:
        collection.read(root, others=fake.others)
    assert raised.value.path == str(fake.table)
    assert raised.value.remedy


def test_a_table_in_latin_1_is_read_and_reported(
    collection: Collection, fake: FakeCollection
) -> None:
    if fake.table is None or fake.table.suffix != ".csv":
        pytest.skip("it has no table")
    before = _read(collection, fake)
    header, *lines = fake.table.read_bytes().splitlines()
    wider = [header + b",Universit\xe9", *(line + b"," for line in lines)]
    fake.table.write_bytes(b"\n".join(wider))
    after = _read(collection, fake)
    assert after.radiographs == before.radiographs
    assert "text encoding" in {problem.kind for problem in after.problems}


def test_an_inspection_counts_and_checks_pixels(
    collection: Collection, fake: FakeCollection
) -> None:
    inspection = inspect(fake.folder, others=fake.others, check_pixels=True)
    assert inspection.images == fake.radiographs
    assert sum(inspection.findings.values()) == fake.radiographs
    counts = {group.kind: group.count for group in inspection.problems}
    counts.pop("missing part", 0)  # no fake has every split
    assert counts == fake.problems
    assert json.loads(json.dumps(inspection.to_dict()))["images"] == fake.radiographs


def test_images_beside_the_collection_are_reported(
    collection: Collection, fake: FakeCollection
) -> None:
    shutil.copytree(fake.folder / next(fake.folder.iterdir()).name, fake.folder / "zz/copy/deep")
    reading = read_folder(fake.folder, others=fake.others)
    outside = [p for p in reading.problems if p.kind == "outside the collection"]
    places = [(reading.root / problem.source_path).resolve() for problem in outside]
    assert places == [fake.folder.resolve() / "zz"]


def test_a_zip_archive_is_inspected_as_its_folder_is(
    collection: Collection, fake: FakeCollection, tmp_path: Path
) -> None:
    archive = zip_folder(fake.folder, tmp_path / f"{fake.folder.name}.zip")
    zipped = inspect(archive, others=fake.others, check_pixels=True)
    folder = inspect(fake.folder, others=fake.others, check_pixels=True)
    assert zipped.root == archive / folder.root.relative_to(fake.folder)
    assert dataclasses.replace(zipped, root=folder.root) == folder
