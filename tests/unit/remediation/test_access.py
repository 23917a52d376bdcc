"""Who somebody is, and the write side's settings."""

from __future__ import annotations

import getpass

import pytest

from collectors.errors import SettingsError
from dashboard.access import Actor, Login, cli_actor, local_actor, signed_in_actor
from dashboard.remediation.facts import RemedyName
from dashboard.settings import KNOWN_REMEDIES, Role, WriteSettings, load_write_settings

DSN = "postgresql://writer:hunter2@db/app"


@pytest.fixture(autouse=True)
def _no_file(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(str(tmp_path))


def test_by_default_the_page_looks_and_the_command_line_works() -> None:
    settings = WriteSettings()

    assert local_actor(settings) == Actor("local", Role.VIEWER, verified=False)
    assert cli_actor(settings) == Actor(getpass.getuser(), Role.ENGINEER, verified=False)


def test_a_name_in_another_encoding_is_written_down_as_far_as_it_can_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOGNAME", "j\udcfcrgen")
    assert cli_actor(WriteSettings()).name == "j\ufffdrgen"


def test_whom_nobody_vouches_for_is_marked() -> None:
    assert str(Actor("jo", Role.SUPPORT, verified=False)) == "jo (not verified)"
    assert str(Actor("jo", Role.SUPPORT, verified=True)) == "jo"


def test_a_role_goes_by_the_address_and_the_highest_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TOMBSTONE_ACCESS__ROLES__SUPPORT", "sam@acme.test, ann@acme.test")
    monkeypatch.setenv("TOMBSTONE_ACCESS__ROLES__ENGINEER", "Ann@Acme.test")
    settings = load_write_settings()

    def actor(email: str) -> Actor | None:
        return signed_in_actor(settings, Login({"email": email}))

    assert actor("ANN@acme.test") == Actor("ANN@acme.test", Role.ENGINEER, True)
    assert actor("sam@acme.test") == Actor("sam@acme.test", Role.SUPPORT, True)
    assert actor("eve@acme.test") == Actor("eve@acme.test", Role.VIEWER, True)


@pytest.mark.parametrize("role", list(Role))
def test_roles_stand_in_order(role: Role) -> None:
    assert role.is_at_least(Role.VIEWER)
    assert role.is_at_least(role)
    assert Role.ADMIN.is_at_least(role)


def test_the_writers_dsn_is_read_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOMBSTONE_TARGETS__PRODUCTION__WRITE_DSN", DSN)
    monkeypatch.setenv("TOMBSTONE_TARGETS__PRODUCTION__READ_DSN", "postgresql://reader@db/app")
    settings = load_write_settings()

    assert settings.write_dsn("production") == DSN
    assert settings.write_dsn("sandbox") is None
    assert "hunter2" not in repr(settings)


WRONG = {
    "an-unknown-name": ("TOMBSTONE_REMEDIATION__UNDO_WEEKS", "4"),
    "an-unknown-role": ("TOMBSTONE_ACCESS__LOCAL_ROLE", "boss"),
    "a-timeout-of-nothing": ("TOMBSTONE_REMEDIATION__LOCK_TIMEOUT_MS", "0"),
    "a-misspelt-remedy": ("TOMBSTONE_REMEDIATION__FORBID", "restore_row"),
    "a-path-too-long": ("TOMBSTONE_REMEDIATION__FORBID", "*/a/b/c"),
    "half-a-login": ("TOMBSTONE_ACCESS__OIDC__CLIENT_ID", "tombstone"),
    "a-tracker-that-is-no-address": ("TOMBSTONE_DASHBOARD__TRACKER_URL", "javascript:alert(1)"),
    "a-login-for-ever": ("TOMBSTONE_ACCESS__SESSION_HOURS", "1000"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_setting_is_one_sentence_that_names_it(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(*WRONG[name])

    with pytest.raises(SettingsError, match=r"^Setting "):
        load_write_settings()


@pytest.mark.parametrize("line", ["purge-row/prodution", "*/shop/customers"])
def test_a_line_that_would_forbid_nothing_is_an_error(
    line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOMBSTONE_TARGETS__MAIN__READ_DSN", "postgresql://reader@db/app")
    monkeypatch.setenv("TOMBSTONE_TARGETS__MAIN__ENVIRONMENTS", "production,sandbox")
    monkeypatch.setenv("TOMBSTONE_REMEDIATION__FORBID", f"release-key/main,*/production,{line}")

    with pytest.raises(SettingsError, match=f"'{line.replace('*', '.')}' names an environment"):
        load_write_settings()


FORBIDDEN = [
    ("release-key", True),
    ("restore-row", False),
    ("*", True),
    ("release-key/production", True),
    ("release-key/Production", True),
    ("release-key/sandbox", False),
    ("*/*/customers", True),
    ("*/production/orders", False),
    ("*/*/public.customers", True),
    ("*/*/billing.customers", False),
    ("*/*/Customers", True),
]


@pytest.mark.parametrize(("line", "forbidden"), FORBIDDEN)
def test_a_remedy_is_forbidden_by_name_place_and_table(line: str, forbidden: bool) -> None:
    settings = WriteSettings.model_validate({"remediation": {"forbid": [line]}})

    found = settings.remediation.forbids(
        "release-key", ("production", "main"), ("customers", "public.customers")
    )

    assert found is forbidden


def test_the_settings_know_every_remedy() -> None:
    assert {*KNOWN_REMEDIES} == {*RemedyName}
