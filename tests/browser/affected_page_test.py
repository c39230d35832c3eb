"""The page of `./pants affected` in a real browser: what people see and reach, at two widths."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from delivery_testing.browser import browser

LAMBDAS = 30
WIDE, PHONE = ViewportSize(width=1280, height=800), ViewportSize(width=390, height=844)
SIZES = pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
_RENDER = f"""
import sys
sys.path.insert(0, "pants-plugins")
from plinth.affected.formats import html
from plinth.affected.formats.samples import base_change
sys.stdout.write(html.render(base_change({LAMBDAS})))
"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = subprocess.run(
        (sys.executable, "-c", _RENDER), capture_output=True, text=True, timeout=60, check=False
    )
    assert made.returncode == 0, made.stderr
    path = tmp_path_factory.mktemp("page") / "affected.html"
    path.write_text(made.stdout, encoding="utf-8")
    return path


class Shown:
    """Opens the page, and collects what it asks for and complains about."""

    def __init__(self, chromium: Browser, file: Path) -> None:
        self._chromium, self._file = chromium, file
        self.requests: list[str] = []
        self.complaints: list[str] = []

    def page(self, size: ViewportSize = WIDE, scripts: bool = True) -> Page:
        page = self._chromium.new_page(viewport=size, java_script_enabled=scripts)
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(self._file.as_uri())
        return page


@pytest.fixture
def shown(chromium: Browser, file: Path) -> Iterator[Shown]:
    made = Shown(chromium, file)
    yield made
    assert made.complaints == []
    assert made.requests == [file.as_uri()]


@SIZES
def test_nothing_is_wider_than_the_window_and_the_verdict_is_there(
    shown: Shown, size: ViewportSize
) -> None:
    page = shown.page(size)
    assert page.evaluate("document.documentElement.scrollWidth") == size["width"]
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("#verdict")).to_be_visible()


def test_a_wide_window_has_the_graph_with_its_folds(shown: Shown) -> None:
    page = shown.page()
    expect(page.locator("#graph")).to_be_visible()
    expect(page.locator("#list")).to_be_hidden()
    expect(page.get_by_role("button", name=f"{LAMBDAS} images in lambdas/")).to_be_visible()
    # Few boxes, few lines between them: what is reached the same way is one.
    assert page.locator(".node").count() <= 10
    page.get_by_role("button", name="Unfold all").click()
    assert page.locator(".node.image").count() == LAMBDAS + 1
    assert page.locator(".node.test").count() == 0


def test_tests_are_shown_on_demand(shown: Shown) -> None:
    page = shown.page()
    test = page.locator(".node.test")
    expect(test).to_have_count(0)
    page.get_by_role("checkbox", name="1 test").check()
    expect(test).to_be_visible()
    expect(test).to_have_attribute("title", "src/ingestion/aws_test.py:tests")


def test_a_phone_has_a_list_by_waves(shown: Shown) -> None:
    page = shown.page(PHONE)
    expect(page.locator("#list")).to_be_visible()
    expect(page.locator("#graph")).to_be_hidden()
    headings = page.locator("#list h2").all_text_contents()
    assert len(headings) >= 2
    expect(page.locator("#list").get_by_text("base:image").first).to_be_visible()


def test_a_filter_leaves_what_it_names_and_its_ways(shown: Shown) -> None:
    page = shown.page()
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("fn_007")
    expect(page.locator(".node.image")).to_have_count(2)
    for name in ("base:image", "lambdas/fn_007:image"):
        expect(page.locator(f'.node.image[title="{name}"]')).to_be_visible()


def test_the_keyboard_goes_along_the_graph_and_asks_why(shown: Shown) -> None:
    page = shown.page()
    first = page.locator(".node").first
    first.focus()
    page.keyboard.press("ArrowRight")
    expect(first).not_to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#why h2")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#why")).to_be_empty()


def test_without_scripts_it_is_the_text(shown: Shown) -> None:
    page = shown.page(scripts=False)
    expect(page.locator("#verdict")).to_be_visible()
    assert "lambdas/fn_007:image" in page.content()
    expect(page.locator("#tools")).to_be_hidden()
