"""Pull the registered files from their publishers or a mirror: whole and right, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import pandas as pd

from forecast.data import sources
from forecast.data.transfer import cause_of, present_bytes, transfer
from forecast.errors import ConfigError, InputError

if TYPE_CHECKING:
    from pooch import Pooch

COLUMNS = ("path", "state", "message")


def pull(
    root: Path,
    *,
    paths: Iterable[str] = (),
    mirror: str | None = None,
    progress: Callable[[str], None] = lambda text: None,
) -> pd.DataFrame:
    """Bring every registered file that is missing or changed below `root`.

    A file takes its name only when it is complete and its sha256 is the registered one; what came
    of a broken transfer waits in ``NAME.part`` for the next pull.

    Parameters
    ----------
    root : Path
        Folder of the sources; made if absent.
    paths : iterable of str
        Registered files, or folders of them. Default: all.
    mirror : str, optional
        Folder, or ``file:`` or ``http(s):`` address, laid out like `root`; default: the publishers.
    progress : callable
        Told in words what is being pulled.

    Returns
    -------
    DataFrame
        path, state (``ok``: it was there; ``pulled``; ``failed``) and message: why a file failed
        and what to do, or what a file without a stated licence asks for.

    Examples
    --------
    >>> pull(Path("nowhere"), paths=["onet/Skils.xlsx"])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    forecast.errors.InputError: onet/Skils.xlsx is not registered. Did you mean ...
    """
    paths = tuple(paths)
    listed = sources.select(paths).assign(state=sources.verify(root, paths=paths)["state"])
    wanted = listed[listed["state"] != "ok"]
    store = _store(root, wanted, mirror)
    root = _folder(root)
    silent: dict[str, str] = {}  # hosts that gave no answer: no other file waits for one
    rows = [(path, "ok", "") for path in listed.loc[listed["state"] == "ok", "path"]]
    for number, entry in enumerate(wanted.itertuples(), start=1):
        what = f"pulling {entry.path} ({number} of {len(wanted)})"
        try:
            _fetch(store, entry, silent, _in_words(progress, what))
            rows.append((entry.path, "pulled", _note(entry)))
        except InputError as failure:
            remedy = _remedy(root, entry, mirror)
            rows.append((entry.path, "failed", f"{entry.path}: {failure} {remedy}"))
    return pd.DataFrame(rows, columns=list(COLUMNS)).sort_values("path", ignore_index=True)


def _folder(root: Path) -> Path:
    try:
        Path(root).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{root} cannot be a folder: {error.strerror}. Name another.") from error
    return Path(root)


def _store(root: Path, wanted: pd.DataFrame, mirror: str | None) -> Pooch:
    """Describe to pooch what is wanted, from where, and with which digest."""
    import pooch

    pooch.get_logger().setLevel("WARNING")  # the command line says what is going on
    base = None if mirror is None else _mirror_address(mirror)
    urls = wanted["file_url"] if base is None else [base + quote(path) for path in wanted["path"]]
    return pooch.Pooch(
        path=root,
        base_url="",
        registry=dict(zip(wanted["path"], wanted["sha256"], strict=True)),
        urls=dict(zip(wanted["path"], urls, strict=True)),
    )


def _mirror_address(mirror: str) -> str:
    """Return a mirror as an address that ends in a slash."""
    if urlsplit(mirror).scheme in ("http", "https", "file"):
        return mirror.rstrip("/") + "/"
    if not Path(mirror).is_dir():
        raise ConfigError(f"--mirror {mirror}: no such folder, and no http(s) or file address.")
    return Path(mirror).resolve().as_uri() + "/"


def _fetch(
    store: Pooch, entry: Any, silent: dict[str, str], advance: Callable[[int], None]
) -> None:
    """Fetch one file; say in one sentence why it failed."""
    import requests

    address = store.get_url(entry.path)
    host = urlsplit(address).netloc
    if not address:
        raise InputError(f"no direct address is known (sha256 {entry.sha256}).")
    if host in silent:
        raise InputError(f"{address} {silent[host]}")
    try:
        _fetch_whole(store, entry, advance)
    except requests.HTTPError as error:
        status = "an error" if error.response is None else error.response.status_code
        raise InputError(f"{address} answers HTTP {status}.") from error
    except (requests.ConnectionError, requests.Timeout) as error:
        silent[host] = f"cannot be reached ({cause_of(error)}); is this machine offline?"
        raise InputError(f"{address} {silent[host]}") from error
    except requests.exceptions.ChunkedEncodingError as error:
        raise InputError(f"{address}: the connection broke; pull again to resume.") from error
    except FileNotFoundError as error:
        raise InputError(f"{address} does not exist.") from error
    except OSError as error:  # the disk, or what else requests may raise
        raise InputError(f"{address} could not be fetched: {error}.") from error
    except ValueError as error:  # pooch: the digest differs, and what came is deleted
        why = str(error).split(". ")[0]
        raise InputError(f"{address} is another file: {why}; nothing was kept.") from error


def _fetch_whole(store: Pooch, entry: Any, advance: Callable[[int], None]) -> None:
    """Let pooch decide, check and move; transfer through a part that outlives a broken pull."""
    part = store.abspath / f"{entry.path}.part"

    def deliver(address: str, output: str, _: Pooch) -> None:
        if present_bytes(part) < entry.bytes:
            transfer(address, part, advance=advance)
        part.replace(output)

    left_over = part.exists()
    try:
        store.fetch(entry.path, downloader=deliver)
    except ValueError:
        if not left_over:
            raise
        # The part was of another version; it is gone now, so this time the file comes whole.
        store.fetch(entry.path, downloader=deliver)


def _in_words(progress: Callable[[str], None], what: str) -> Callable[[int], None]:
    return lambda done_bytes: progress(f"{what}: {done_bytes / 1e6:.1f} MB")


def _note(entry: Any) -> str:
    """Say what a file that may be used but not passed on asks for."""
    if not sources.is_pull_only(entry.licence):
        return ""
    return (
        f"{entry.source}: licence {entry.licence}. Cite it and do not pass it on; see {entry.url}"
    )


def _remedy(root: Path, entry: Any, mirror: str | None) -> str:
    page = entry.url or "the publications that it names row by row"
    by_hand = f"take it by hand from {page} and put it at {root / entry.path}"
    return f"Use --mirror DIR, or {by_hand}." if mirror is None else f"Or {by_hand}."
