"""Addresses of stores: which kind, with which driver, and never a password in a message."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote

# User and password stand before the last @; libpq also takes a password as a parameter.
SECRET = re.compile(r"(?<=://)([^:/@\s]*):(.*)(?=@)|(?<=[?&]password=)()([^&\s]*)")


def masked(uri: str) -> str:
    """Write an address as it may be shown: with three asterisks for the password.

    Examples
    --------
    >>> masked("postgresql://kim:se:c@ret@localhost:5432/forecast")
    'postgresql://kim:***@localhost:5432/forecast'
    >>> masked("postgresql:///forecast?user=kim&password=secret")
    'postgresql:///forecast?user=kim&password=***'
    >>> masked("sqlite:///mlflow.db")
    'sqlite:///mlflow.db'
    """
    return SECRET.sub(lambda found: f"{found[1]}:***" if found[1] is not None else "***", uri)


def without_secrets(text: str, uri: str) -> str:
    """Take the password of `uri` out of a text that a driver or a server wrote.

    Examples
    --------
    >>> without_secrets("no such user: kim, p%40ss, p@ss", "postgresql://kim:p%40ss@localhost/x")
    'no such user: kim, ***, ***'
    """
    text = text.replace(uri, masked(uri))
    secrets = {found[2] or found[4] or "" for found in SECRET.finditer(uri)}
    for secret in sorted(secrets | {unquote(secret) for secret in secrets}):
        text = text.replace(secret, "***") if secret else text
    return text


def resolved(uri: str) -> str:
    """Complete an address: the whole path of a SQLite file, the driver of PostgreSQL.

    MLflow keeps a connection per address, and a relative one would mean another file in another
    folder. SQLAlchemy 2.0 and 2.1 differ in the driver they take where none is named.

    Examples
    --------
    >>> resolved("sqlite:///mlflow.db") == f"sqlite:///{Path('mlflow.db').resolve()}"
    True
    >>> resolved("postgresql+psycopg2://localhost/forecast")
    'postgresql+psycopg2://localhost/forecast'
    """
    path = sqlite_path(uri)
    if path is not None:
        head, _, rest = uri.partition(":///")
        return f"{head}:///{path.resolve()}{rest[len(rest.partition('?')[0]) :]}"
    scheme, separator, rest = uri.partition("://")
    if scheme not in ("postgresql", "postgres"):
        return uri
    older_alone = find_spec("psycopg") is None and find_spec("psycopg2") is not None
    return f"postgresql+{'psycopg2' if older_alone else 'psycopg'}{separator}{rest}"


def is_postgresql(uri: str) -> bool:
    return uri.startswith(("postgresql:", "postgresql+", "postgres:"))


def is_server(uri: str) -> bool:
    """Say whether the address is that of an MLflow server, which keeps its own artifacts."""
    return uri.startswith(("http://", "https://"))


def sqlite_path(uri: str) -> Path | None:
    """Find the file of a SQLite store; None for any other store, and for one in memory.

    Examples
    --------
    >>> str(sqlite_path("sqlite:///mlflow.db?timeout=5")), sqlite_path("http://127.0.0.1:5000")
    ('mlflow.db', None)
    """
    scheme, _, rest = uri.partition(":///")
    name = rest.partition("?")[0]
    if scheme not in ("sqlite", "sqlite+pysqlite") or name in ("", ":memory:"):
        return None
    return Path(name)


def absent(uri: str) -> bool:
    """Say whether a local store does not exist yet, so that listing does not create one."""
    path = sqlite_path(uri)
    return path is not None and not path.exists()
