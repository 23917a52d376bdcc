"""What every question stands on: the open store, answers that are kept, and who is looking.

The only user of Streamlit's caches. Answers of the store are kept until its generation grows, for
everyone alike: they hold masked values only. What asks a Target, or acts on one, is never kept.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from threading import Event
from typing import Any, NamedTuple, ParamSpec, TypeVar

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from collectors import telemetry
from collectors.errors import TombstoneError, Unreachable
from collectors.evidence.database import State, Store, open_store
from collectors.evidence.trouble import store_says
from collectors.inquiry import Inquiry
from collectors.postgres.engine import ReadTarget
from collectors.settings import Settings, load_settings
from collectors.targets import read_targets
from dashboard.access import Actor, Login, local_actor
from dashboard.data import signed_in
from dashboard.data.lately import Lately
from dashboard.remediation.service import Remediation
from dashboard.remediation.service.opening import open_remediation
from dashboard.settings import load_write_settings

P = ParamSpec("P")
T = TypeVar("T")

_KEEP_ANSWERS, _SETTLED_EVERY = timedelta(minutes=10), timedelta(minutes=1)
_LATELY_S, _LOOK_EVERY_S = 900.0, 2.0


@dataclass(frozen=True)
class Opened:
    """The settings and the store they name."""

    settings: Settings
    store: Store


def _close(held: Opened) -> None:
    held.store.close()


@st.cache_resource(show_spinner=False, on_release=_close)
def opened() -> Opened:
    """Both, once a process. A TombstoneError is not kept, so a mended setting works on reload."""
    settings = load_settings()
    dsn = settings.telemetry.dsn
    telemetry.start(dsn.get_secret_value() if dsn else None)
    return Opened(settings, open_store(settings.store_url, settings.required_secret()))


class _Drawn(threading.local):
    """What is found out once for a page that is being drawn; each is drawn by a thread alone."""

    now: bool = False
    state: State | None = None
    admitted: bool = False

    def forget(self) -> None:
        self.state, self.admitted = None, False


_drawn = _Drawn()


@contextmanager
def one_state() -> Iterator[None]:
    """While a page is drawn, its answers are of the state that the store was in as it began.

    So two numbers of one page agree, and each of twenty questions asks for itself alone. Whatever
    asks a Target or acts ends that: what is answered next is of the state that it left.
    """
    _drawn.now = True
    try:
        yield
    finally:
        _drawn.now = False
        _drawn.forget()


class _Asked(NamedTuple):
    """What an answer is kept by: which question, of which store in which state, about what."""

    question: str
    store: str
    generation: int
    about: tuple[Any, ...]


@cache
def _kept() -> Callable[[Store, Callable[..., Any], _Asked], Any]:
    """The answers of the whole process.

    Made when the first one is asked for: Streamlit looks for its runtime as a cache is made, and
    warns where there is none yet, as while the server is still importing its parts.
    """
    keeping = st.cache_data(max_entries=256, ttl=_KEEP_ANSWERS, show_spinner=False)
    kept: Callable[[Store, Callable[..., Any], _Asked], Any] = keeping(_answer)
    return kept


def _answer(_store: Store, _question: Callable[..., Any], asked: _Asked) -> Any:
    return _question(_store, *asked.about)


def remembered(question: Callable[..., T], *about: Any) -> T:
    """`question(store, *about)`, asked once for each state of the store."""
    lately().note(question, about)
    answer: T = answered(_kept(), opened().store, question, _asked(question, about, generation()))
    return answer


def _asked(question: Callable[..., Any], about: tuple[Any, ...], generation: int) -> _Asked:
    name = f"{question.__module__}.{question.__qualname__}"
    return _Asked(name, str(opened().store.engine.url), generation, about)


@st.cache_resource(show_spinner=False)
def lately() -> Lately:
    """One for the process."""
    return Lately()


def keep_ready(stopped: Event, every_s: float = _LOOK_EVERY_S) -> None:
    """Whenever something new is stored, ask again what was asked lately, before somebody does.

    For a thread of its own; a store that does not answer is asked again the next time.
    """
    seen: int | None = None
    while not stopped.wait(every_s):
        try:
            now = opened().store.generation()
            if seen is not None and now != seen:
                for question, about in lately().since(_LATELY_S):
                    _kept()(opened().store, question, _asked(question, about, now))
            seen = now
        except (TombstoneError, SQLAlchemyError):
            continue


def answered(ask: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Ask for whoever is signed in. A store that breaks under a running dashboard is a sentence."""
    if needs_login() and not _drawn.admitted:
        actor()
        _drawn.admitted = _drawn.now
    try:
        return ask(*args, **kwargs)
    except SQLAlchemyError as error:
        said = store_says(error) if hasattr(error, "orig") else type(error).__name__
        raise Unreachable(f"The store does not answer just now: {said}.") from error


@st.cache_resource(show_spinner=False)
def needs_login() -> bool:
    """Whether this server was started with a login; taking it away takes a restart."""
    return load_write_settings().access.oidc.public_address is not None


def actor() -> Actor:
    """Who is looking; login and role are checked anew each time. Raises NotSignedIn."""
    if not needs_login():
        return local_actor(load_write_settings())
    return admitted(signed_in.this_login())


def admitted(login: Login) -> Actor:
    """Whom a login stands for. Raises NotSignedIn for one that is over or gives no role."""
    return signed_in.admitted(opened().store, login)


def end_login(login: Login) -> None:
    """Sign somebody out, in every tab and for every copy of the cookie."""
    signed_in.end(opened().store, login)


def sign_out() -> None:
    """End this session's login here, and lead on to where the identity provider ends it too."""
    end_login(signed_in.this_login())
    st.logout()


def tracker_url() -> str | None:
    """Where a new issue is filed, if anybody said."""
    return load_write_settings().dashboard.tracker_url


def generation() -> int:
    """The store's state; grows with every change."""
    return _state().generation


def news() -> int:
    """Grows with every change but the end of a Run that found nothing new."""
    return _state().news


def _state() -> State:
    if _drawn.state is not None:
        return _drawn.state
    found = answered(opened().store.state)
    if _drawn.now:
        _drawn.state = found
    return found


def inquiry() -> closing[Inquiry]:
    """A new one for each question: it remembers which Target did not answer."""
    _drawn.forget()
    return closing(Inquiry(opened().settings, opened().store))


def remediation() -> Remediation:
    """A door of its own for each call. What a crash left behind is settled before the first.

    And now and then after it: another process may have been killed since, or our own store full.
    """
    _drawn.forget()
    answered(_settle)
    return _door()


def _door() -> Remediation:
    held = opened()
    return open_remediation(held.settings, load_write_settings(), held.store, _readers())


@st.cache_resource(show_spinner=False, ttl=_SETTLED_EVERY)
def _settle() -> None:
    _door().settle()


def _close_all(readers: dict[str, ReadTarget]) -> None:
    for reader in readers.values():
        reader.close()


@st.cache_resource(show_spinner=False, on_release=_close_all)
def _readers() -> dict[str, ReadTarget]:
    """The Targets' read-only handles, each with its few connections."""
    return read_targets(opened().settings)
