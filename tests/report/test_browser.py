"""The page in a real browser: readable for everyone, on a telephone too, and silent on the network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from factlab.report import CERTIFICATE, PAGE

from tests.report.conftest import Rendered

CHROMIUM = "/usr/bin/chromium"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not shutil.which(CHROMIUM):
        told = f"there is no {CHROMIUM}: the browser checks did not run"
        if os.environ.get("CI") == "true":
            pytest.fail(told)
        pytest.skip(told)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield started
        started.close()


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize(("name", "width"), [(PAGE, 1280), (PAGE, 360), (CERTIFICATE, 360)])
def test_axe_finds_no_violation(
    browser: Any, dutch: Rendered, english: Rendered, lang: str, name: str, width: int
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    rendered = dutch if lang == "nl" else english
    page = browser.new_page(viewport={"width": width, "height": 900})
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto((rendered.folder / name).as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert complaints == []
    assert [url for url in asked if not url.startswith("data:")] == [page.url]
    assert page.evaluate("document.documentElement.lang") == lang
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.fonts.check('16px \"Factlab Sans\"')")
    page.close()


def test_the_first_stop_of_the_keyboard_skips_to_the_contents(browser: Any, dutch: Rendered) -> None:
    page = browser.new_page()
    page.goto((dutch.folder / "index.html").as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.close()
