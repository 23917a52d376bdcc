"""Settings: where a value comes from, what is an error, and that no secret is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from annotated_types import Le
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from collectors.errors import SettingsError
from collectors.settings import (
    Settings,
    exposed_file,
    fold,
    load_settings,
    read_raw,
    without_write_side,
)
from dashboard.settings import WriteSettings, load_write_settings

SECRET = "s" * 40


@pytest.fixture(autouse=True)
def clean_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable or file of the machine takes part."""
    import os

    for name in [name for name in os.environ if name.startswith("TOMBSTONE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def settings_from(monkeypatch: pytest.MonkeyPatch, file: str = "", **variables: str) -> Settings:
    Path("tombstone.toml").write_text(file, encoding="utf-8")
    for name, value in variables.items():
        monkeypatch.setenv(f"TOMBSTONE_{name}", value)
    return load_settings()


def test_the_example_file_loads_and_names_only_real_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    example = Path(__file__).parents[2] / "tombstone.example.toml"
    settings = settings_from(monkeypatch, example.read_text(encoding="utf-8"))
    assert settings.target_of("production") == "production"
    assert settings.sentry.projects == ("billing-api",)


def test_every_commented_setting_of_the_example_is_real(monkeypatch: pytest.MonkeyPatch) -> None:
    example = (Path(__file__).parents[2] / "tombstone.example.toml").read_text(encoding="utf-8")
    lines = [
        line.removeprefix("# ") if line.startswith(("# [", "# ")) and _is_toml(line) else line
        for line in example.splitlines()
    ]
    uncommented = "\n".join(lines).replace('"…"', f'"{SECRET}"')
    settings = settings_from(monkeypatch, uncommented)
    assert settings.targets["production"].tables["accounts"].kept_in == {"external_id": "metadata"}
    assert load_write_settings().access.oidc.public_host == "tombstone.acme.com"


def _is_toml(line: str) -> bool:
    body = line.removeprefix("# ")
    return body.startswith("[") or (" = " in body.split("#")[0] and body[0].islower())


def test_a_variable_wins_over_its_file_and_that_over_the_toml(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = tmp_path / "token"
    secret.write_text("from-file\n", encoding="utf-8")
    toml = '[sentry]\ntoken = "from-toml"\n'
    found = settings_from(monkeypatch, toml, SENTRY__TOKEN_FILE=str(secret))
    assert found.sentry.token is not None
    assert found.sentry.token.get_secret_value() == "from-file"
    found = settings_from(monkeypatch, toml, SENTRY__TOKEN="from-variable")
    assert found.sentry.token is not None
    assert found.sentry.token.get_secret_value() == "from-variable"


def test_a_list_in_a_variable_is_comma_separated(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings_from(monkeypatch, SENTRY__PROJECTS="api, worker,")
    assert found.sentry.projects == ("api", "worker")


@pytest.mark.parametrize(
    ("environment", "target"),
    [
        pytest.param("prod-eu", "prod-eu", id="its exact name"),
        pytest.param("live", "prod-eu", id="listed under environments"),
        pytest.param("PROD_EU", "prod-eu", id="a name that folds alike"),
        pytest.param("production", None, id="a longer name is another"),
        pytest.param("staging", "staging", id="named by a variable alone"),
        pytest.param("Staging", "staging", id="whatever its case"),
    ],
)
def test_an_environment_finds_its_target(
    monkeypatch: pytest.MonkeyPatch, environment: str, target: str | None
) -> None:
    toml = '[targets.prod-eu]\nread_dsn = "host=a"\nenvironments = ["prod-eu", "live", "live"]\n'
    found = settings_from(monkeypatch, toml, TARGETS__STAGING__READ_DSN="host=b")
    assert found.target_of(environment) == target


@pytest.mark.parametrize(
    ("project", "environment", "target"),
    [
        pytest.param("web-shop", "production", "shop", id="the project's own"),
        pytest.param("Web_Shop", "Production", "shop", id="whatever its case"),
        pytest.param("other", "production", "rest", id="another project"),
        pytest.param(None, "production", "rest", id="no project is named"),
        pytest.param("web-shop", "staging", None, id="another environment of it"),
        pytest.param("web", "shop-production", None, id="no other split of the same letters"),
        pytest.param(None, "web-shop-production", None, id="nor a name that only folds so"),
    ],
)
def test_a_project_may_have_a_target_of_its_own(
    monkeypatch: pytest.MonkeyPatch, project: str | None, environment: str, target: str | None
) -> None:
    toml = (
        '[targets.shop]\nread_dsn = "host=a"\nenvironments = ["web-shop/production"]\n'
        '[targets.rest]\nread_dsn = "host=b"\nenvironments = ["production"]\n'
    )
    found = settings_from(monkeypatch, toml)
    assert found.target_of(found.environment_of(project, environment)) == target


@pytest.mark.parametrize(
    ("kind", "written", "meant"),
    [
        ("status", '"removed"', ("removed",)),
        ("status", "2", ("2",)),
        ("status", '["gone", 3]', ("gone", "3")),
        ("boolean", "false", ("false",)),
        ("boolean", '"false"', ("false",)),
    ],
)
def test_the_value_of_a_deleted_row_may_stand_without_quotes(
    monkeypatch: pytest.MonkeyPatch, kind: str, written: str, meant: tuple[str, ...]
) -> None:
    marker = f'{{ column = "state", kind = "{kind}", deleted_value = {written} }}'
    found = (
        settings_from(
            monkeypatch, f'[targets.a]\nread_dsn = "x"\n[targets.a.tables.t]\nmarker = {marker}\n'
        )
        .targets["a"]
        .tables["t"]
        .marker
    )
    assert found is not None
    assert found.deleted_value == meant


def test_a_variable_adds_to_the_target_whose_name_folds_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    toml = '[targets.prod-eu]\nread_dsn = "host=a"\n'
    found = settings_from(monkeypatch, toml, TARGETS__PROD_EU__READ_DSN="host=b")
    assert found.targets["prod-eu"].read_dsn.get_secret_value() == "host=b"


@pytest.mark.parametrize(
    ("toml", "variables", "sentence"),
    [
        pytest.param("", {"STROE_URL": "x"}, "stroe_url: no such setting", id="misspelt variable"),
        pytest.param("stroe = 1", {}, "stroe: no such setting", id="misspelt in the file"),
        pytest.param("", {"STROE_URL": "x"}, "the nearest is store_url", id="what was meant"),
        pytest.param("[acces]", {}, "nearest is access", id="what was meant, of the write side"),
        pytest.param(
            "", {"SENTRY__TOKN": "x"}, "nearest is token", id="what was meant, in a table"
        ),
        pytest.param(
            '[targets.tokn]\nread_dsn="x"\nwriet_dsn="x"',
            {},
            "targets.tokn.wriet_dsn: .* nearest is write_dsn",
            id="what was meant, of a target",
        ),
        pytest.param(
            '[targets.a]\nread_dsn="x"\n[targets.a.tables.customers]\norganisation="x"',
            {},
            "nearest is organization",
            id="what was meant, of a table",
        ),
        pytest.param("", {"ZZZ": "x"}, "zzz: no such setting[.]$", id="like nothing"),
        pytest.param("a = [", {}, "not valid TOML", id="broken file"),
        pytest.param("", {"SECRET_KEY": "short"}, "at least 32", id="short secret"),
        pytest.param("", {"SECRET_KEY_FILE": "/none"}, "SECRET_KEY_FILE", id="missing file"),
        pytest.param(
            '[targets.a-b]\nread_dsn = "x"\n[targets.a_b]\nread_dsn = "x"\n',
            {},
            "fold alike",
            id="two environments that fold alike",
        ),
        pytest.param(
            '[targets.a]\nread_dsn="x"\nenvironments=["e"]\n[targets.b]\nread_dsn="x"\n'
            'environments=["e"]\n',
            {},
            "two targets",
            id="one environment claimed twice",
        ),
        pytest.param(
            '[targets.a]\nread_dsn="x"\n[targets.a.tables.t]\n'
            'marker={column="active", kind="boolean", deleted_value="no"}',
            {},
            '"true" or "false"',
            id="a boolean of another spelling",
        ),
        pytest.param(
            '[targets.a]\nread_dsn="x"\n[targets.a.tables.t]\n'
            'marker={column="gone", kind="timestamp", deleted_value="x"}',
            {},
            "a timestamp has no deleted_value",
            id="a time with a value",
        ),
        pytest.param(
            '[targets.a]\nread_dsn="x"\n[targets.a.tables.t]\n'
            'marker={column="active", kind="boolean", deleted_value=["true", "false"]}',
            {},
            '"true" or "false"',
            id="a boolean with two values",
        ),
        pytest.param(
            '[targets.a]\nread_dsn="x"\n[targets.a.tables.t]\n'
            'marker={column="state", kind="status", deleted_value=[]}',
            {},
            "deleted_value: ",
            id="a status without a value",
        ),
        pytest.param(
            '[targets.a]\nread_dsn="x"\n[targets.a.tables.t]\n'
            'marker={column="state", kind="status", deleted_value=1.5}',
            {},
            "deleted_value: must be a text, a whole number, true or false",
            id="a status that is no whole number",
        ),
        pytest.param("[targets.a]\n", {}, "read_dsn: is needed", id="target without a DSN"),
        pytest.param(
            "",
            {"SENTRY__BASE_URL": "sentry.io"},
            "base_url: must be an address such as https://",
            id="not a URL",
        ),
        pytest.param(
            "",
            {"SENTRY__BASE_URL": "https://jane:pass@sentry.example.com"},
            "base_url: must hold no user name",
            id="a login in a URL",
        ),
        pytest.param(
            '[targets]\nproduction = "host=a"\n',
            {},
            "targets.production: must be a table",
            id="a DSN where a target belongs",
        ),
        pytest.param(
            "",
            {"TARGETS__PRODUCTION": "host=a"},
            "targets.production: must be a table",
            id="a DSN in the variable of a target",
        ),
        pytest.param("targets = 3", {}, "targets: must be a table", id="targets are no table"),
        pytest.param('sentry = "a"', {}, "sentry: must be a table", id="sentry is no table"),
        pytest.param(
            "[sentry]\nprojects = 5", {}, "sentry.projects: must be a list", id="no list of names"
        ),
        pytest.param(
            "", {"TARGETS__A__READ_DSN": " "}, "targets.a.read_dsn: is empty", id="empty DSN"
        ),
        pytest.param("", {"": "x"}, "TOMBSTONE_: no such setting", id="a variable without a name"),
        pytest.param(
            "[audit]\naccepted = 7", {}, "audit.accepted: must be the path of", id="no path"
        ),
    ],
)
def test_what_is_wrong_is_one_sentence_that_names_the_setting(
    monkeypatch: pytest.MonkeyPatch, toml: str, variables: dict[str, str], sentence: str
) -> None:
    with pytest.raises(SettingsError, match=sentence) as caught:
        settings_from(monkeypatch, toml, **variables)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(b'\xef\xbb\xbfstore_url = "sqlite:///x"\r\n', id="as Notepad saves it"),
        pytest.param(b'store_url = "sqlite:///x"\r\n', id="CRLF"),
        pytest.param(b'store_url = "sqlite:///x"', id="no line end"),
    ],
)
def test_a_file_is_read_as_windows_writes_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, written: bytes
) -> None:
    (tmp_path / "tombstone.toml").write_bytes(written)
    monkeypatch.chdir(tmp_path)
    assert load_settings().store_url == "sqlite:///x"


@pytest.mark.parametrize(
    ("there", "sentence"),
    [
        pytest.param(lambda path: path.mkdir(), "Is a directory", id="a folder"),
        pytest.param(lambda path: path.symlink_to("gone"), "No such file", id="a dangling link"),
        pytest.param(
            lambda path: path.write_text("a = 1", encoding="utf-16"), "not UTF-8", id="UTF-16"
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_never_taken_for_none(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    there: Callable[[Path], object],
    sentence: str,
) -> None:
    there(tmp_path / "tombstone.toml")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match=sentence):
        load_settings()


@pytest.mark.parametrize(
    "name", ["SECRET_KEY", "STORE_URL", "TARGETS__A__READ_DSN", "TARGETS__A__WRITE_DSN", "\udcff"]
)
def test_a_variable_that_is_no_text_is_an_error(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Python hands its bytes on as halves of characters, which nothing later can encode."""
    with pytest.raises(SettingsError, match="is not UTF-8 text"):
        settings_from(monkeypatch, **{name: "a secret key in Latin-1, or so: \udcfc"})


def test_an_empty_writer_dsn_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    settings_from(monkeypatch, TARGETS__A__READ_DSN="host=a", TARGETS__A__WRITE_DSN="")
    assert load_write_settings().write_dsn("a") is None


def test_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings_from(
        monkeypatch,
        SECRET_KEY=SECRET,
        SENTRY__TOKEN="sntrys_token",
        TARGETS__A__READ_DSN="postgresql://u:password@h/d",
    )
    assert not any(secret in repr(found) for secret in (SECRET, "sntrys_token", "password"))


def test_no_writer_dsn_reaches_the_read_side(monkeypatch: pytest.MonkeyPatch) -> None:
    toml = (
        '[targets.a]\nread_dsn = "host=a"\nwrite_dsn = "host=w"\n[access]\nlocal_role = "admin"\n'
    )
    found = settings_from(monkeypatch, toml)
    assert "host=w" not in str(found.model_dump(mode="python"))
    assert "write_dsn" in str(read_raw())
    assert "write_dsn" not in str(without_write_side(read_raw()))


def test_folding_keeps_letters_and_digits_only() -> None:
    assert fold("Prod-EU.1") == "PROD_EU_1"


@pytest.mark.parametrize(
    ("text", "mode", "exposed"),
    [
        ('secret_key = "x"', 0o644, True),
        ('secret_key = "x"', 0o640, False),
        ('[sentry]\ntoken = "x"', 0o604, True),
        ('[targets.a]\nread_dsn = "postgresql://me:pw@db/shop"', 0o644, True),
        ('[targets.a]\nwrite_dsn = "host=db password = pw"', 0o644, True),
        ('[targets.a]\nread_dsn = "postgresql://me@db:5432/shop"', 0o644, False),
        ('[access.oidc]\nclient_secret = "x"', 0o644, True),
        ('store_url = "sqlite:///x"', 0o644, False),
    ],
)
def test_a_file_of_secrets_that_everybody_can_read_is_named(
    text: str, mode: int, exposed: bool
) -> None:
    assert exposed_file() is None
    Path("tombstone.toml").write_text(text)
    Path("tombstone.toml").chmod(mode)
    assert (exposed_file() is not None) is exposed


def numbers(model: type[BaseModel], place: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every setting that is a number, whichever table it stands in."""
    for name, one in model.model_fields.items():
        if one.annotation in (int, float):
            yield place + name, one
        elif isinstance(one.annotation, type) and issubclass(one.annotation, BaseModel):
            yield from numbers(one.annotation, f"{place}{name}.")


@pytest.mark.parametrize(
    ("name", "one"), [one for model in (Settings, WriteSettings) for one in numbers(model)]
)
def test_no_number_is_too_big_for_what_reckons_with_it(name: str, one: FieldInfo) -> None:
    """PostgreSQL's timeouts, waiting threads and spells of time each have their own end."""
    (most,) = (float(str(rule.le)) for rule in one.metadata if isinstance(rule, Le))
    unit = name.rpartition("_")[2].rpartition(".")[2]
    if unit in ("minutes", "hours", "days"):
        assert datetime.now(UTC) - timedelta(**{unit: most})
    if unit in ("s", "ms"):
        assert most * {"s": 1_000, "ms": 1}[unit] < 2**31
