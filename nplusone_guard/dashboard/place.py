"""Where the store is when nobody says: the user's cache, a file for each project."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

from django.conf import settings

NAME = "nplusone_guard"


def default_path() -> Path:
    """A file outside the project, so that nobody commits it; the same in each of its processes."""
    project = _project()
    digest = sha256(str(project).encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return _directory() / f"{project.name or 'project'}-{digest}.sqlite3"


def _project() -> Path:
    """``BASE_DIR`` where the settings have it, else where their module is."""
    given = getattr(settings, "BASE_DIR", None)
    if isinstance(given, (str, os.PathLike)):
        return Path(os.fspath(given)).absolute()
    module = sys.modules.get(getattr(settings, "SETTINGS_MODULE", None) or "")
    file = getattr(module, "__file__", None)
    return Path(file).absolute().parent if file else Path.cwd()


def _directory() -> Path:
    cache = _cache()
    if cache is not None:
        try:
            cache.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError:
            pass
        else:
            if os.access(cache, os.W_OK):
                return cache
    # Others may write to the temporary directory: take only a directory that is ours alone.
    user = os.getuid() if hasattr(os, "getuid") else ""
    return _temporary() / f"{NAME}-{user}"


def _temporary() -> Path:
    try:
        return Path(tempfile.gettempdir())
    except OSError:  # no directory at all can be written to: the store will say so
        return Path(os.path.sep) / "tmp"


def _cache() -> Path | None:
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
        return Path(base) / NAME if base else None
    try:
        home = Path.home()
    except RuntimeError:
        return None
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / NAME
    given = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(given) if Path(given).is_absolute() else home / ".cache") / NAME


def made(path: Path) -> None:
    """Make the file, and its directory where that is missing, for its owner alone.

    Raises ``OSError`` where that can not be, or where :func:`trusted` does.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    trusted(path)
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
    os.close(os.open(path, flags, 0o600))


def trusted(path: Path) -> None:
    """Raise ``PermissionError`` where another user may have put the file there.

    That is: a directory of ours in the place for temporary files that is not this user's alone,
    and, where others may write to the directory, a link or a file of somebody else.
    """
    if not hasattr(os, "getuid"):
        return
    user = os.getuid()
    if path.parent.parent == _temporary() and path.parent.name.startswith(NAME):
        held = path.parent.lstat()
        if held.st_uid != user or held.st_mode & 0o077:
            raise PermissionError(f"{path.parent} is not a directory of this user alone")
    if path.parent.stat().st_mode & 0o002:
        try:
            found = path.lstat()
        except FileNotFoundError:
            return
        if found.st_uid != user or not stat.S_ISREG(found.st_mode):
            raise PermissionError(f"{path} is not a file of this user, and others may write there")
