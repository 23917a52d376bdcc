"""Settings and a store for the views, and Streamlit caches that know nothing of other tests."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner

from collectors.evidence.database import Store
from tests.factories import SECRET, new_store
from tests.views import story


@pytest.fixture(scope="session", autouse=True)
def _packages_looked_through_once() -> Iterator[None]:
    """Each run of an AppTest looks for components in all that is installed: 0.2 s, one answer."""
    with pytest.MonkeyPatch.context() as patch:
        scan = cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", scan)
        yield


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of its own with an empty store in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOMBSTONE_STORE_URL", f"sqlite:///{tmp_path}/store.sqlite")
    monkeypatch.setenv("TOMBSTONE_SECRET_KEY", SECRET)
    _forget()
    yield tmp_path
    _forget()


@pytest.fixture
def store(settings: Path) -> Iterator[Store]:
    """That store, empty."""
    opened = new_store(settings)
    yield opened
    opened.close()


@pytest.fixture
def filled(store: Store) -> Store:
    """That store, with the story in it."""
    story.tell(store)
    return store


def _forget() -> None:
    st.cache_data.clear()
    st.cache_resource.clear()
