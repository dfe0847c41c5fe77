"""The MLflow pages as a policy team opens them: the run, its metrics, tables, figures, Korean."""

import re
import time

import mlflow
import pandas as pd
import pytest
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver.common.by import By

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def run(finished_run):
    mlflow.set_tracking_uri(f"sqlite:///{finished_run.parent.parent / 'mlflow.db'}")
    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name("forecast")
    (only,) = client.search_runs([experiment.experiment_id])
    return only


@pytest.fixture
def show(browser, mlflow_ui, tmp_path):
    """Open a page of the UI, wait until it shows every text, keep a screenshot of it."""

    def open_page(path, *texts, name):
        browser.get("about:blank")  # the UI is one page: only a new load starts it afresh
        browser.get(f"{mlflow_ui}/{path}")
        body = wait_for(browser, texts)
        browser.save_screenshot(str(tmp_path / f"{name}.png"))
        return body

    return open_page


def wait_for(browser, texts, seconds=60):
    """Wait until every text is on the screen; a slow start may take a second load."""
    for last in (False, True):
        until, body = time.monotonic() + seconds, ""
        while time.monotonic() < until:
            try:
                body = browser.find_element(By.TAG_NAME, "body").text
            except (StaleElementReferenceException, WebDriverException):
                body = ""
            if all(text in body for text in texts):
                return body
            time.sleep(0.5)
        if not last:
            browser.refresh()
    missing = [text for text in texts if text not in body]
    pytest.fail(f"{browser.current_url} does not show {missing}; it shows: {body[:1500]}")


def test_the_run_stands_in_the_list_of_its_experiment(show, run):
    show(f"#/experiments/{run.info.experiment_id}/runs", run.info.run_name, name="runs")


def test_the_run_page_describes_itself_in_korean_and_lists_its_inputs(show, run):
    page = f"#/experiments/{run.info.experiment_id}/runs/{run.info.run_id}"
    body = show(page, "노출은 대체가 아니다", "위험 일자리", "kiet_2022", name="run")
    assert "\ufffd" not in body


def test_the_headline_is_among_the_metrics_and_the_charts(show, run):
    page = f"#/experiments/{run.info.experiment_id}/runs/{run.info.run_id}"
    body = show(page, "headline/kiet_2022/at_risk_persons", name="metrics")
    assert re.search(r"headline/kiet_2022/at_risk_persons\s+32[67]\d{4}", body)
    show(f"{page}/model-metrics", "headline/kiet_2022", "cohorts/P000-POLY-BASIC", name="charts")


def test_a_table_is_readable_among_the_artifacts(show, run, finished_run):
    headline = pd.read_parquet(finished_run / "tables/headline.parquet")
    page = f"#/experiments/{run.info.experiment_id}/runs/{run.info.run_id}/artifacts"
    show(f"{page}/tables/headline.csv", "bok_2023_top20", headline["base"].iloc[0], name="table")


def test_korean_in_a_table_is_intact(show, run):
    page = f"#/experiments/{run.info.experiment_id}/runs/{run.info.run_id}/artifacts"
    show(f"{page}/tables/exposure_ksco.csv", "공공 기관 및 기업 고위직", name="korean_table")


def test_a_figure_is_rendered(browser, show, run, finished_run):
    figure = next((finished_run / "figures").glob("01_*.png")).name
    page = f"#/experiments/{run.info.experiment_id}/runs/{run.info.run_id}/artifacts"
    show(f"{page}/figures/{figure}", figure, name="figure_before")
    script = (
        "return [...document.querySelectorAll('img, canvas, image')]"
        ".some(e => e.getBoundingClientRect().width > 400)"
    )
    until = time.monotonic() + 30
    while not browser.execute_script(script):
        assert time.monotonic() < until, "no figure was rendered"
        time.sleep(0.5)


def test_the_registered_model_is_found(show):
    show("#/models/ai-exposure", "ai-exposure", "Version 1", name="model")
