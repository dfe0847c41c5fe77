"""KOSIS OpenAPI: ask for one statistical table; the key is never logged or stored.

Interface: 「KOSIS 공유서비스 개발가이드」, 통계자료 (statisticsParameterData), kosis.kr/openapi.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from forecast.data.kosis_labels import half_year
from forecast.data.transfer import cause_of
from forecast.errors import ConfigError, InputError

ADDRESS = "https://kosis.kr/openapi/Param/statisticsParameterData.do"
KEY_VARIABLE = "KOSIS_API_KEY"
PAGE = "https://kosis.kr/openapi/"
TIMEOUT_SECONDS = (10, 60)  # to connect; between two blocks
RETRIES = 3
_BUSY = (429, 500, 502, 503, 504)
_KEY_ERRORS, _NO_DATA, _TOO_MANY = ("10", "11"), ("30",), ("31", "41")
_LOGGERS = ("urllib3.connectionpool", "urllib3.util.retry")


@dataclass(frozen=True)
class KosisQuery:
    """Which figures of which table; both numbers stand in the address of the table's page.

    Parameters
    ----------
    organisation, table : str
        ``orgId`` and ``tblId``.
    first, last : str
        Half-years like ``2022H2``.
    dimensions : int
        Classification variables of the table, 1 to 8; all their groups are asked for.
    """

    organisation: str
    table: str
    first: str
    last: str
    dimensions: int = 1

    def __post_init__(self) -> None:
        wrong = [period for period in (self.first, self.last) if not half_year(period)]
        if wrong or self.first > self.last:
            raise ConfigError(
                f"periods {self.first} to {self.last}: expected half-years like 2014H1 2022H2."
            )
        if not 1 <= self.dimensions <= 8:
            raise ConfigError(f"{self.dimensions} dimensions: a KOSIS table has 1 to 8.")

    def parameters(self) -> dict[str, str]:
        """Return the request, without the key.

        Examples
        --------
        >>> KosisQuery("101", "DT_X", "2022H1", "2022H2").parameters()["endPrdDe"]
        '202202'
        """
        return {
            "method": "getList",
            "format": "json",
            "jsonVD": "Y",  # without it the names of fields come unquoted
            "orgId": self.organisation,
            "tblId": self.table,
            "itmId": "ALL",
            **{f"objL{number}": "ALL" for number in range(1, self.dimensions + 1)},
            "prdSe": "H",
            "startPrdDe": self.first.replace("H", "0"),
            "endPrdDe": self.last.replace("H", "0"),
        }


def fetch(query: KosisQuery, *, address: str = ADDRESS) -> bytes:
    """Ask KOSIS for a table; the key comes from the environment and goes nowhere else.

    Parameters
    ----------
    query : KosisQuery
        What to ask for.
    address : str
        Of the service; over http only on this machine, because the key is part of the request.

    Returns
    -------
    bytes
        The reply as it came, for :func:`forecast.data.kosis_reply.read_reply`.

    Raises
    ------
    ConfigError
        If there is no key, or the address would show it to others.
    InputError
        If KOSIS cannot be reached, refuses, or has no such figures.
    """
    key = os.environ.get(KEY_VARIABLE, "").strip()
    if not key:
        raise ConfigError(
            f"KOSIS OpenAPI needs a key in the variable {KEY_VARIABLE}; {PAGE} gives one."
        )
    _require_private(address)
    with _unlogged(key):
        status, content, failure = _get(address, {**query.parameters(), "apiKey": key})
    if failure:
        raise InputError(
            f"{address}: {failure}. Try again, or export the table by hand from kosis.kr."
        )
    if status != 200:
        raise InputError(
            f"{address} answers HTTP {status}. Check the address (--address), or try again later."
        )
    records_of(content, file=f"{address} {query.organisation}/{query.table}", secret=key)
    return content


def records_of(content: bytes, *, file: str, secret: str = "") -> list[dict[str, Any]]:
    """Return the records of a reply; say what an error reply asks for, without the `secret`.

    Examples
    --------
    >>> records_of(b'{"err": "30", "errMsg": "no data"}', file="reply.json")
    Traceback (most recent call last):
    ...
    forecast.errors.InputError: reply.json: KOSIS answers error 30: no data. It has ...
    """
    try:
        reply = json.loads(content)
    except ValueError:  # also UnicodeDecodeError
        raise InputError(
            f"{file}: is no JSON. Ask with format=json and jsonVD=Y; a page in its place means "
            "that the address is wrong or the service is down."
        ) from None
    if isinstance(reply, dict) and "err" in reply:
        said = str(reply.get("errMsg", ""))
        said = _without(said, secret) if secret else said
        raise InputError(
            f"{file}: KOSIS answers error {reply['err']}: {said.rstrip('.')}. "
            f"{_remedy(str(reply['err']))}"
        )
    if not isinstance(reply, list) or not reply or not all(isinstance(r, dict) for r in reply):
        raise InputError(f"{file}: expected a list of records as KOSIS OpenAPI sends. Ask anew.")
    return reply


def _require_private(address: str) -> None:
    parts = urlsplit(address)
    local = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise ConfigError(f"{address}: the key would travel in the open. Give an https address.")


def _get(address: str, parameters: Mapping[str, str]) -> tuple[int, bytes, str | None]:
    """Return status, body and what failed; no exception leaves, for it would carry the key."""
    import requests
    from requests.adapters import HTTPAdapter, Retry

    retry = Retry(
        total=RETRIES,
        backoff_factor=0.5,
        status_forcelist=_BUSY,
        raise_on_status=False,
        respect_retry_after_header=False,  # an hour is not waited
    )
    with requests.Session() as session:
        session.mount(f"{urlsplit(address).scheme}://", HTTPAdapter(max_retries=retry))
        try:
            answer = session.get(
                address, params=parameters, timeout=TIMEOUT_SECONDS, allow_redirects=False
            )
            return answer.status_code, answer.content, None
        except requests.RequestException as error:
            return 0, b"", f"gives no answer after {RETRIES + 1} tries ({cause_of(error)})"


@contextmanager
def _unlogged(key: str) -> Iterator[None]:
    """Blot the key out of what urllib3 logs about requests and retries."""

    def blot(record: logging.LogRecord) -> bool:
        record.msg, record.args = _without(record.getMessage(), key), ()
        return True

    loggers = [logging.getLogger(name) for name in _LOGGERS]
    for logger in loggers:
        logger.addFilter(blot)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(blot)


def _without(text: str, key: str) -> str:
    return text.replace(quote(key, safe=""), "***").replace(key, "***")


def _remedy(code: str) -> str:
    if code in _KEY_ERRORS:
        return f"Put a valid key in {KEY_VARIABLE}; {PAGE} gives and renews keys."
    if code in _NO_DATA:
        return "It has no such figures: check table, dimensions and half-years on the table's page."
    if code in _TOO_MANY:
        return "Ask for fewer half-years at once: KOSIS sends 40,000 cells at most."
    return f"Check table and dimensions on the table's page, and limits of use at {PAGE}."
