"""What tests of the report's sections share: a run's particulars, one section, its plain text."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

import pandas as pd

from forecast.report.page import render_page

META = {
    "name": "x", "seed": 1, "draws": 5, "preset": "p", "provenance": "synthetic", "inputs": {},
    "commit": "", "schema_version": 1,
}  # fmt: skip


def section_of(
    tables: Mapping[str, pd.DataFrame], identity: str, names: Mapping[str, Mapping[str, str]]
) -> str:
    """HTML from the heading `identity` to that of the inputs."""
    page = render_page(tables, {}, meta=META, names=names)
    return page[page.index(f'<h2 id="{identity}">') : page.index('<h2 id="inputs">')]


def plain(text: str) -> str:
    """What a reader sees of it, white space squeezed."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())
