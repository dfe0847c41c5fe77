"""Figures of a real run: every one drawn, Korean intact, same tables same bytes."""

import warnings

import matplotlib
import pandas as pd
import pytest

from forecast.data import reference
from forecast.report.figures import FIGURES, draw_figures
from forecast.report.style import drawing, sheet


@pytest.fixture(scope="module")
def tables(finished_run):
    return {p.stem: pd.read_parquet(p) for p in (finished_run / "tables").glob("*.parquet")}


@pytest.fixture(scope="module")
def names():
    def lookup(table, key, name):
        return dict(zip(reference.load(table)[key], reference.load(table)[name], strict=True))

    return {
        "ksco7": lookup("ksco7", "ksco7", "name_ko"),
        "sido": lookup("sido", "sido", "short_ko"),
        "ksic": lookup("ksic10", "ksic", "name_ko"),
    }


def test_every_figure_is_drawn_and_the_same_tables_give_the_same_bytes(tables, names, tmp_path):
    drawn = [draw_figures(tables, tmp_path / k, names=names) for k in ("one", "two")]
    assert list(drawn[0]) == list(FIGURES)
    for name, path in drawn[0].items():
        assert path.read_bytes() == drawn[1][name].read_bytes(), name
        assert path.stat().st_size > 20_000, name


def test_figures_of_the_run_folder_are_these_figures(tables, names, tmp_path, finished_run):
    drawn = draw_figures(tables, tmp_path, names=names, provenance="official")
    for name in ("headline", "adoption", "ledger"):
        stored = finished_run / "figures" / drawn[name].name
        assert stored.read_bytes() == drawn[name].read_bytes(), name


def test_a_figure_without_its_table_is_left_out(tables, names, tmp_path):
    some = {name: tables[name] for name in ("headline", "adoption_forecast")}
    assert list(draw_figures(some, tmp_path, names=names)) == ["headline", "adoption"]


@pytest.mark.parametrize("stage", ["exposure", "adoption", "employment"])
def test_the_scoreboard_of_one_stage_alone_is_drawn(tables, names, tmp_path, stage):
    scores = tables["scores"].query("stage == @stage")
    assert list(draw_figures({"scores": scores}, tmp_path, names=names)) == ["scores"]


def test_a_code_without_a_name_shows_itself(tables, tmp_path):
    drawn = draw_figures(tables, tmp_path, names={})
    assert list(drawn) == list(FIGURES)


def test_drawing_leaves_matplotlib_as_it_was():
    before = dict(matplotlib.rcParams)
    with drawing():
        sheet("제목", "title")
    assert dict(matplotlib.rcParams) == before


def test_a_glyph_that_the_font_lacks_is_an_error(tmp_path):
    with drawing(), warnings.catch_warnings():
        warnings.filterwarnings("error", message="Glyph .* missing")
        figure = sheet("갈 \U0001f600", "no font has this one")
        with pytest.raises(UserWarning, match="Glyph"):
            figure.savefig(tmp_path / "x.png")
