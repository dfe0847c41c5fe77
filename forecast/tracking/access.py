"""MLflow's authentication for the UI: who may enter, and where that is kept."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from forecast.errors import ConfigError

FOLDER = Path("mlauth")  # beside mlflow.db and mlartifacts in the folder of work
PASSWORD = "FORECAST_UI_PASSWORD"
ADMINISTRATOR = "admin"
SHORTEST = 12  # what MLflow takes
PUBLISHED = "password1234"  # of older MLflow versions; MLflow refuses it too


def guarded(environment: Mapping[str, str], folder: Path = FOLDER) -> dict[str, str]:
    """Make the folder of users, and say where it is in the environment of the server.

    Parameters
    ----------
    environment : mapping of str
        Of this process; ``FORECAST_UI_PASSWORD`` is needed until the administrator exists.
    folder : Path
        Made for this user alone: the database of users, the settings, and the key with which the
        server signs its forms (mode 600; the same each time, so that open pages stay valid).

    Raises
    ------
    ConfigError
        If the extra is not installed, or the password is missing, short or published.
    """
    if find_spec("flask_wtf") is None:
        raise ConfigError("--auth: Flask-WTF is absent: pip install 'forecast-kr[auth]'.")
    users = folder.resolve() / "users.db"
    password = environment.get(PASSWORD, "")
    if (password or not users.exists()) and (len(password) < SHORTEST or password == PUBLISHED):
        raise ConfigError(
            f"--auth: set {PASSWORD} to a password of at least {SHORTEST} characters that is not "
            f"MLflow's old default; user {ADMINISTRATOR} is made with it."
        )
    folder.mkdir(mode=0o700, exist_ok=True)
    settings = {
        "default_permission": "READ",
        "database_uri": f"sqlite:///{users}",
        "admin_username": ADMINISTRATOR,
        "authorization_function": "mlflow.server.auth:authenticate_request_basic_auth",
    }
    lines = [f"{key} = {value.replace('%', '%%')}" for key, value in settings.items()]
    written = folder.resolve() / "settings.ini"
    written.write_text("\n".join(["[mlflow]", *lines, ""]), encoding="utf-8")
    chosen = {
        "MLFLOW_AUTH_CONFIG_PATH": str(written),
        "MLFLOW_FLASK_SERVER_SECRET_KEY": _key(folder),
    }
    return chosen | ({"MLFLOW_AUTH_ADMIN_PASSWORD": password} if password else {})


def _key(folder: Path) -> str:
    path = folder / "secret.key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32), encoding="ascii")
    return path.read_text("ascii")
