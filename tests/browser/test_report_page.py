"""The report page in a real browser: whole, rendered, no wider than its window."""

import pytest
from selenium.webdriver.common.by import By

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser, finished_run):
    browser.get((finished_run / "report.html").resolve().as_uri())
    return browser


def test_every_figure_is_rendered_and_korean_is_intact(page, finished_run):
    widths = page.execute_script("return [...document.images].map(i => i.naturalWidth)")
    assert len(widths) == len(list((finished_run / "figures").iterdir()))
    assert min(widths) > 600
    text = page.find_element(By.TAG_NAME, "body").text
    assert "AI 노출에서 교육 정원까지" in text and "\ufffd" not in text


def test_the_page_loads_nothing_from_outside(page):
    names = page.execute_script("return performance.getEntriesByType('resource').map(r => r.name)")
    assert [name for name in names if not name.startswith("data:")] == []


@pytest.mark.parametrize("width", [1280, 700])
def test_nothing_is_wider_than_the_window(page, width):
    page.set_window_size(width, 1000)
    overflow = page.execute_script(
        "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert overflow <= 0
