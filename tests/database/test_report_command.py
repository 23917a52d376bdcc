"""`tombstone report`: the file it makes, what is in it, and what can never be."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sqlalchemy import update

from collectors.evidence import schema
from collectors.evidence.database import Store
from dashboard.metrics.fix import FixState, FixVerdict, RestsOn
from dashboard.report.answers import Wanted, impact_in
from dashboard.report.document import document
from dashboard.report.organizations import frame
from dashboard.text import csv as csv_of
from tests.command import Done, tombstone
from tests.database import hurt_world
from tests.factories import SECRET, new_store

HOSTILE = "<script>alert(1)</script><img src=https://evil.example/x.png>"
FORMULA = '=HYPERLINK("https://evil.example")'


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = new_store(tmp_path_factory.mktemp("report"))
    hurt_world.fill(opened)
    table = schema.organizations
    with opened.write() as connection:
        for owner, name in zip(hurt_world.OWNERS, (HOSTILE, FORMULA), strict=False):
            named = table.c.organization_id == owner
            connection.execute(update(table).where(named).values(name=name))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def made(store: Store) -> str:
    wanted = Wanted(since=hurt_world.MIDNIGHT - 30 * hurt_world.DAY, window="of thirty days")
    return document(impact_in(store, wanted))


class Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture(scope="module")
def read(made: str) -> Elements:
    reader = Elements()
    reader.feed(made)
    return reader


def test_nothing_in_it_runs_or_is_fetched(made: str, read: Elements) -> None:
    assert not {"script", "img", "iframe", "link", "object", "foreignobject", "image"} & {
        *read.tags
    }
    assert not [name for name, _ in read.attributes if name.startswith("on") or name == "src"]
    assert [value for name, value in read.attributes if name in ("href", "xlink:href")] == []
    assert "default-src 'none'" in made
    assert not re.search(r"url\(|@import", made)


def test_what_somebody_called_an_organization_is_text(read: Elements) -> None:
    assert HOSTILE in read.text
    assert f"'{FORMULA}" in read.text


def test_it_has_every_picture_with_words_for_whoever_does_not_see_it(read: Elements) -> None:
    assert read.tags.count("svg") == 4
    told = [value for name, value in read.attributes if name == "aria-label"]
    assert any("are still kept out" in str(one) for one in told)


def test_it_says_what_the_numbers_are_of(store: Store, made: str) -> None:
    assert "Environments counted: production." in made
    assert "of thirty days" in made
    assert "Failures were read from" in made
    assert "against" in made


def test_fixed_comes_with_what_it_rests_on(store: Store) -> None:
    rests = RestsOn(15, 0.181, "shop@3.0", hurt_world.NOW)
    fix = FixVerdict(FixState.FIXED, ("1 of 1 key: fixed.",), rests_on=rests)
    made = document(impact_in(store, Wanted()), fix)
    assert "Rests on 15 Re-creations that succeeded since the last Failure, in shop@3.0" in made
    assert f"The canary was green on {hurt_world.NOW:%Y-%m-%d %H:%M} UTC." in made


def test_it_is_light_or_dark_as_the_reader_likes_and_prints(made: str) -> None:
    assert "prefers-color-scheme: dark" in made
    assert "@media print" in made
    assert 'fill="white"' not in made


def test_no_cell_of_the_csv_can_run(store: Store) -> None:
    text = csv_of(frame(impact_in(store, Wanted()))).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert len(rows) > len(hurt_world.OWNERS)
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]


def command(store: Store, *arguments: str) -> Done:
    folder = Path(str(store.engine.url.database)).parent
    variables = {
        "TOMBSTONE_STORE_URL": f"sqlite:///{folder}/store.sqlite",
        "TOMBSTONE_SECRET_KEY": SECRET,
    }
    return tombstone(folder, "report", *arguments, variables=variables)


@pytest.mark.parametrize("shape", ["html", "csv"])
def test_the_command_writes_what_it_is_asked_for(store: Store, tmp_path: Path, shape: str) -> None:
    file, owner = tmp_path / f"impact.{shape}", hurt_world.OWNERS[2]
    done = command(store, "--format", shape, "--organization", owner, "--output", str(file))
    assert (done.returncode, done.stdout) == (0, "")
    assert "Wrote" in done.stderr
    assert "Shop 3" in file.read_text(encoding="utf-8")
    assert "Shop 4" not in file.read_text(encoding="utf-8")


def test_an_organization_is_told_by_its_name_and_one_that_is_not_known_is_said(
    store: Store,
) -> None:
    by_id = command(store, "--organization", hurt_world.OWNERS[2], "--format", "csv")
    by_name = command(store, "--organization", "shop 3", "--format", "csv")
    assert by_name.stdout == by_id.stdout != ""
    assert "Shop 3" in by_name.stdout
    unknown = command(store, "--organization", "Shpo 3", "--environment", "prodution")
    assert unknown.returncode == 0
    assert "No organization of the id or name Shpo 3 is known." in unknown.stderr
    assert "Nothing of the environment prodution was ever stored." in unknown.stderr


def test_without_a_file_it_goes_to_stdout(store: Store) -> None:
    done = command(store, "--environment", "sandbox", "--since", "30d")
    assert done.returncode == 0
    assert done.stdout.startswith("<!doctype html>")
    assert "Environments counted: sandbox." in done.stdout
    assert "Is it fixed?" in done.stdout
    assert done.stderr == ""


def test_a_file_that_cannot_be_written_is_wrong_usage(store: Store, tmp_path: Path) -> None:
    done = command(store, "--output", str(tmp_path / "gone" / "impact.html"))
    assert done.returncode == 2
    assert "cannot be written" in done.stderr


def test_an_empty_store_makes_a_document_that_says_so(tmp_path: Path) -> None:
    empty = new_store(tmp_path)
    found = impact_in(empty, Wanted())
    assert "no data" in command(empty, "--output", str(tmp_path / "impact.html")).stderr
    empty.close()
    made = document(found)
    assert "Nothing was read yet." in made
    assert "No data" in made
    assert "Customers blocked now" not in made  # 0 would be a number, and nobody knows it
