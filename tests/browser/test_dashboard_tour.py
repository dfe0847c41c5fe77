"""The tour of docs/dashboard.md, clicked in a real browser: three clicks lead anywhere.

The page names its images and, under each, the words that the screen shows; both are held to here.
To take the images anew from a run of any size, kept in a folder of its own:

    forecast run run_dir=runs/tour
    FORECAST_TOUR_STORE=that/folder FORECAST_WRITE_SCREENSHOTS=1 \
        python -m pytest tests/browser/test_dashboard_tour.py
"""

import io
import os
import re
import time
from pathlib import Path

import mlflow
import pandas as pd
import pytest
from PIL import Image
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver.common.by import By

pytestmark = pytest.mark.browser

DOCS = Path(__file__).resolve().parents[2] / "docs"
STOP = re.compile(
    r"^!\[[^\]]*\]\(images/([\w-]+)\.png\)\n\*화면에 보이는 말: (.+)\*$", re.MULTILINE
)
PROMISED = {  # image -> words that its screen shows
    name: re.findall(r"`([^`]+)`", words)
    for name, words in STOP.findall((DOCS / "dashboard.md").read_text(encoding="utf-8"))
}
MOST_CLICKS, MOST_BYTES, COLOURS = 3, 150_000, 48
SIZE = (1920, 1080)
STORE, WRITE = os.environ.get("FORECAST_TOUR_STORE"), "FORECAST_WRITE_SCREENSHOTS"
PATIENCE_SECONDS = 60.0
RENDERED = (
    "return [...document.images].some(i => i.naturalWidth > 600 && "
    "i.getBoundingClientRect().width > 400)"
)
NEUTRAL = (  # no folder of whoever takes the images
    "for (const e of document.querySelectorAll('*')) if (!e.children.length && "
    "e.textContent.includes('file:///')) "
    "e.textContent = e.textContent.replace(/file:\\/\\/\\/.*(?=\\/mlartifacts)/, '…');"
)
CELLS = (
    "return [...document.querySelectorAll('[role=row]')].map(row => "
    "[...row.querySelectorAll('[role=cell],[role=gridcell],[role=columnheader]')]"
    ".map(cell => cell.innerText.trim()))"
)


@pytest.fixture(scope="session")
def finished_run(request):
    """The run of the tour: the one all tests share, or the one in FORECAST_TOUR_STORE."""
    if STORE is None:
        return request.getfixturevalue("finished_run")
    (manifest,) = Path(STORE).glob("runs/*/manifest.json")
    return manifest.parent


class Visitor:
    """A reader with a mouse: counts the clicks from the experiment page on, never types."""

    def __init__(self, browser, address, folder):
        self.browser, self.address, self.folder, self.clicks = browser, address, folder, 0

    def starts(self, *texts):
        """Open the experiment page as docs/dashboard.md names it."""
        self.browser.get("about:blank")  # the UI is one page: only a new load starts it afresh
        self.browser.get(self.address)
        self.clicks = 0
        return self.sees(*texts)

    def clicks_on(self, words, *, leads_to=()):
        """Click what reads `words`; a page that opens beside is the one to look at then."""
        before = set(self.browser.window_handles)
        self.wait(lambda: self._click(words), f"{words!r} cannot be clicked")
        self.clicks += 1
        assert self.clicks <= MOST_CLICKS, f"{self.clicks} clicks to {words!r}"
        time.sleep(0.5)
        opened = set(self.browser.window_handles) - before
        if opened:
            self.browser.switch_to.window(opened.pop())
        return self.sees(*leads_to)

    def sees(self, *texts):
        """Wait until every text is on the screen, loading the page once more if it must be."""
        for last in (False, True):
            until, body = time.monotonic() + PATIENCE_SECONDS, ""
            while time.monotonic() < until:
                body = self._body()
                if all(text in body for text in texts):
                    assert "\ufffd" not in body
                    return body
                time.sleep(0.5)
            if not last:
                self.browser.refresh()
        missing = [text for text in texts if text not in body]
        pytest.fail(f"{self.browser.current_url} lacks {missing}; it shows: {body[:1500]}")

    def wait(self, holds, otherwise):
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            try:
                found = holds()
            except (StaleElementReferenceException, WebDriverException):
                found = None
            if found:
                return found
            time.sleep(0.5)
        pytest.fail(f"{self.browser.current_url}: {otherwise}")

    def looks(self, name):
        """Keep the screen as an image that is small enough for the repository."""
        assert name in PROMISED, f"docs/dashboard.md shows no images/{name}.png"
        self.sees(*PROMISED[name])
        time.sleep(1.0)  # what moves has arrived
        self.browser.execute_script(NEUTRAL)
        screen = Image.open(io.BytesIO(self.browser.get_screenshot_as_png())).convert("RGB")
        to = DOCS / "images" if os.environ.get(WRITE) == "1" else self.folder
        to.mkdir(parents=True, exist_ok=True)
        screen.quantize(COLOURS, dither=Image.Dither.NONE).save(to / f"{name}.png", optimize=True)
        assert (to / f"{name}.png").stat().st_size < MOST_BYTES

    def _body(self):
        try:
            return self.browser.find_element(By.TAG_NAME, "body").text
        except (StaleElementReferenceException, WebDriverException):
            return ""

    def _click(self, words):
        found = [
            element
            for element in self.browser.find_elements(By.XPATH, f"//*[text()='{words}']")
            if element.is_displayed()
        ]
        if found:
            self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", found[0])
            found[0].click()
        return bool(found)


@pytest.fixture(scope="module")
def run(finished_run):
    mlflow.set_tracking_uri(f"sqlite:///{finished_run.parent.parent / 'mlflow.db'}")
    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name("forecast")
    (only,) = client.search_runs([experiment.experiment_id])
    return only


@pytest.fixture
def visitor(browser, mlflow_ui, run, tmp_path):
    browser.set_window_size(*SIZE)
    home = browser.current_window_handle
    page = f"#/experiments/{run.info.experiment_id}/runs?workflowType=machine_learning"
    yield Visitor(browser, f"{mlflow_ui}/{page}", tmp_path)
    for window in set(browser.window_handles) - {home}:
        browser.switch_to.window(window)
        browser.close()
    browser.switch_to.window(home)


@pytest.fixture
def at_run(visitor, run):
    """A visitor one click from the experiment page: on the page of the run."""
    visitor.starts(run.info.run_name)
    visitor.clicks_on(run.info.run_name, leads_to=["80 % 구간", "모든 그림"])
    return visitor


def test_the_list_of_runs_says_what_each_run_found(visitor, run, finished_run):
    visitor.starts(run.info.run_name)
    visitor.looks("runs")
    headline = pd.read_parquet(finished_run / "tables/headline.parquet").set_index("preset")
    row = headline.loc[run.data.tags["preset"]]
    found = f"{row['at_risk_persons'] / 1e4:,.0f}만 ({row['lower80'] / 1e4:,.0f}–"
    assert found in run.info.run_name and visitor.clicks == 0


def test_one_click_leads_to_the_headline_with_its_interval(at_run, finished_run):
    at_run.looks("headline")
    headline = pd.read_parquet(finished_run / "tables/headline.parquet").set_index("preset")
    low, middle, high = (
        f"{headline.loc['kiet_2022', key] / 1e4:,.0f}"
        for key in ("lower80", "at_risk_persons", "upper80")
    )
    at_run.sees(f"위험 일자리 {middle}만 개 (80 % 구간 {low}–{high}만)")
    assert at_run.clicks == 1


def test_two_clicks_lead_to_the_whole_description_in_korean(at_run):
    at_run.clicks_on("Show more")
    at_run.looks("description")
    rows = at_run.browser.execute_script("return document.querySelectorAll('table tr').length")
    assert rows >= 6  # heading and five definitions, laid out as a table
    assert at_run.clicks == 2


def test_two_clicks_lead_to_a_table_that_is_one(at_run, finished_run):
    at_run.clicks_on("표: 위험 일자리")
    at_run.looks("table")
    headline = pd.read_parquet(finished_run / "tables/headline.parquet")
    cells = at_run.wait(lambda: at_run.browser.execute_script(CELLS), "no table was laid out")
    assert cells[0] == list(headline.columns)
    assert [row[0] for row in cells[1:]] == list(headline["preset"])
    assert float(cells[1][4]) == pytest.approx(headline["at_risk_persons"].iloc[0])
    assert at_run.clicks == 2


def test_two_clicks_lead_to_a_figure(at_run):
    at_run.clicks_on("그림: 위험 일자리")
    at_run.wait(lambda: at_run.browser.execute_script(RENDERED), "no figure was rendered")
    at_run.looks("figure")
    assert at_run.clicks == 2


def test_three_clicks_lead_to_any_figure(at_run, finished_run):
    last = max(path.name for path in (finished_run / "figures").glob("*.png"))
    at_run.clicks_on("모든 그림", leads_to=[last])
    at_run.clicks_on(last)
    at_run.wait(lambda: at_run.browser.execute_script(RENDERED), "no figure was rendered")
    assert at_run.clicks == 3


def test_two_clicks_lead_to_the_report_as_a_page(at_run):
    at_run.clicks_on("보고서", leads_to=["report.html"])
    browser = at_run.browser
    frame = at_run.wait(lambda: browser.find_elements(By.TAG_NAME, "iframe"), "no page was shown")
    browser.switch_to.frame(frame[0])
    text = at_run.sees("AI 노출에서 교육 정원까지", "노출은 대체가 아닙니다")
    pictures = browser.execute_script("return [...document.images].map(i => i.naturalWidth)")
    browser.switch_to.default_content()
    at_run.looks("report")
    assert "\ufffd" not in text and len(pictures) > 20 and min(pictures) > 600
    assert at_run.clicks == 2


def test_the_registered_model_says_which_version_is_champion_and_why(visitor, mlflow_ui):
    visitor.address = f"{mlflow_ui}/#/models/ai-exposure"
    visitor.starts("@ champion")
    visitor.clicks_on("Version 1")
    visitor.looks("champion")
    assert visitor.clicks == 1


def test_two_clicks_lead_to_charts_with_the_headline_first(at_run):
    at_run.clicks_on("Model metrics")
    at_run.looks("charts")
    body = at_run.sees("01_at_risk", "02_need_", "03_seats_", "04_scores", "headline/kiet_2022")
    places = [body.index(name) for name in ("01_at_risk", "02_need_", "03_seats_", "04_scores")]
    assert places == sorted(places)
    assert places[-1] < min(body.index(name) for name in ("adoption/", "cohorts/", "headline/"))
    assert at_run.clicks == 2


def test_the_page_names_exactly_the_images_that_are_there_and_they_are_small():
    images = {path.stem: path.stat().st_size for path in (DOCS / "images").glob("*.png")}
    assert set(images) == set(PROMISED)
    assert all(PROMISED.values())
    assert max(images.values()) < MOST_BYTES
