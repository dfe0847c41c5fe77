"""The page of a run: whole, self-contained, honest about where its figures come from."""

import json
import re

import pandas as pd
import pytest

from forecast.report.page import render_page


@pytest.fixture(scope="module")
def run(finished_run):
    tables = {p.stem: pd.read_parquet(p) for p in (finished_run / "tables").glob("*.parquet")}
    figures = {p.stem[3:]: p for p in sorted((finished_run / "figures").glob("*.png"))}
    meta = json.loads((finished_run / "manifest.json").read_text("utf-8"))
    return tables, figures, meta


NAMES = {"programme": {}, "ksic": {}, "ksco7": {}}


def test_page_of_the_run_asks_for_nothing_outside(finished_run):
    page = (finished_run / "report.html").read_text("utf-8")
    assert not re.findall(r"""(?:src|href)=["'](?!data:|#)""", page)
    assert "@import" not in page and "url(" not in page
    assert page.count("data:image/png;base64,") == len(list((finished_run / "figures").iterdir()))


def test_page_shows_every_preset_beside_its_published_figure(finished_run, run):
    page = (finished_run / "report.html").read_text("utf-8")
    for row in run[0]["headline"].to_dict("records"):
        assert f"{row['at_risk_persons'] / 1e4:,.1f}만" in page
        assert f"{row['published_persons'] / 1e4:,.1f}만" in page
    assert "노출은 대체가 아닙니다" in page and "29,500" in page


def test_same_tables_and_figures_give_the_same_text(run):
    tables, figures, meta = run
    pages = {render_page(tables, figures, meta=meta, names=NAMES) for _ in range(2)}
    assert len(pages) == 1


def test_a_section_without_its_table_is_left_out(run):
    tables, _, meta = run
    page = render_page({"headline": tables["headline"]}, {}, meta=meta, names=NAMES)
    assert 'id="risk"' in page
    assert 'id="cohorts"' not in page and 'id="reskilling"' not in page and "<img" not in page


@pytest.mark.parametrize(
    "chosen", [["headline"], ["adoption_forecast", "scores"], ["cohort_totals", "cohort_targets"]]
)
def test_every_link_of_the_page_leads_to_a_section_that_is_there(run, chosen):
    tables, _, meta = run
    page = render_page({name: tables[name] for name in chosen}, {}, meta=meta, names=NAMES)
    links = re.findall(r'<a\s+href="#(\w+)"', page)
    assert links and set(links) <= set(re.findall(r'id="(\w+)"', page))


def test_breaks_and_priors_are_told_in_the_readers_words(run):
    tables, figures, meta = run
    page = render_page(tables, figures, meta=meta, names=NAMES)
    broken = tables["structural_breaks"].set_index("period").loc["2020H1"]
    assert f"평소 오차의 {abs(broken['usual_errors']):.1f}배" in page and "선언한 단절" in page
    calm = tables["structural_breaks"].assign(unusual="no", declared="no")
    page = render_page({**tables, "structural_breaks": calm}, figures, meta=meta, names=NAMES)
    assert "구조 변화:" not in page
    speed = tables["adoption_posterior"].set_index("parameter").loc["speed_per_year"]
    assert "확산 속도 (연)" in page and f"{speed['posterior_median']:.2f}" in page


def test_own_data_cannot_pass_as_official(run):
    tables, _, meta = run
    official = render_page(tables, {}, meta=meta, names=NAMES)
    synthetic = render_page(tables, {}, meta={**meta, "provenance": "synthetic"}, names=NAMES)
    assert "공식 수치로 인용할 수 없습니다" in synthetic
    assert "공식 수치로 인용할 수 없습니다" not in official


def test_text_of_a_table_is_escaped(run):
    tables, _, meta = run
    odd = tables["headline"].assign(definition="<script>alert(1)</script>")
    page = render_page({"headline": odd}, {}, meta=meta, names=NAMES)
    assert "<script>" not in page and "&lt;script&gt;" in page
