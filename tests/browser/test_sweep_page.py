"""A sweep as it stands on the dashboard: one line, its trials below, its result one click away."""

import time

import pytest
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By

pytestmark = pytest.mark.browser

SWEEP = ("sweep=exposure", "sweep.resamples=200", "exposure.folds=3", "model=ridge")
LIST = "#/experiments/1/runs?workflowType=machine_learning"


@pytest.fixture(scope="module")
def ui(serve_ui, forecast_command, tmp_path_factory):
    work = tmp_path_factory.mktemp("sweep")
    done = forecast_command("run", "-m", *SWEEP, "model.alphas=[0.1],[1.0]", cwd=work)
    assert done.returncode == 0, done.stderr
    with serve_ui(work) as address:
        yield address


def until(found, seconds=120):
    """Wait for something; what is being redrawn is asked again."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            result = found()
        except WebDriverException:
            result = None
        if result:
            return result
        time.sleep(0.5)
    pytest.fail(f"not found within {seconds} seconds: {found.__name__}")


def click(browser, text):
    """Click a link, once nothing lies over it."""

    def clicked():
        links = browser.find_elements(By.TAG_NAME, "a")
        link = next((a for a in links if text in a.text and a.is_displayed()), None)
        if link is not None:
            link.click()
        return link

    clicked.__name__ = f"link {text!r}"
    until(clicked)


def body(browser):
    return browser.find_element(By.TAG_NAME, "body").text


def test_two_clicks_lead_from_the_experiment_to_the_result_of_a_sweep(browser, ui, tmp_path):
    browser.set_window_size(1280, 1000)  # a small screen: what wraps early is covered soonest
    browser.get("about:blank")
    browser.get(f"{ui}/{LIST}")
    click(browser, "모형 탐색(exposure)")
    shown = ("탐색: 시행 2개", "노출은 대체가 아니다", "model.alphas=[1.0]")
    until(lambda: all(text in body(browser) for text in shown))
    browser.save_screenshot(str(tmp_path / "sweep.png"))
    assert "\ufffd" not in body(browser)
    windows = set(browser.window_handles)
    click(browser, "표: 결과")  # opens a tab
    until(lambda: set(browser.window_handles) - windows)
    (tab,) = set(browser.window_handles) - windows
    first = browser.current_window_handle
    browser.switch_to.window(tab)
    try:
        shown = ("sweep_selection.json", "selection_adjusted", "locked_test")
        until(lambda: all(text in body(browser) for text in shown))
        browser.save_screenshot(str(tmp_path / "selection.png"))
    finally:
        browser.close()
        browser.switch_to.window(first)
