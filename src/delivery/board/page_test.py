"""The board in a real browser: what people see, reach by keyboard and hear, wide and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from delivery.board.render import render
from delivery.operations.board import board
from delivery_testing.browser import browser
from delivery_testing.eventful import HOSTILE, SECOND, live
from delivery_testing.world import world

LAMBDAS = ("authorizer", "docs", "orders", "reload")
WIDE, PHONE = ViewportSize(width=1280, height=800), ViewportSize(width=390, height=844)
SIZES = pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
# The contrast of each text with what lies behind it, by WCAG 2.2; the worst of them.
_CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d');
  const rgb = color => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = color => {
    const [r, g, b] = rgb(color).slice(0, 3).map(c => c / 255)
      .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = element => {
    for (; element; element = element.parentElement) {
      const color = getComputedStyle(element).backgroundColor;
      if (rgb(color)[3] === 255) return color;
    }
  };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let worst = [21, ''];
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !element.checkVisibility()) continue;
    const pair = [light(getComputedStyle(element).color), light(behind(element))];
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (ratio < worst[0]) worst = [ratio, walk.currentNode.data];
  }
  return worst;
}"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    with world(folder, lambdas=LAMBDAS) as aws:
        made = board(live(aws).delivery)
    path = folder / "board.html"
    path.write_text(render(made))
    return path


class Shown:
    """Opens the page, and collects what it asks for and complains about."""

    def __init__(self, chromium: Browser, file: Path) -> None:
        self._chromium, self._file = chromium, file
        self.requests: list[str] = []
        self.complaints: list[str] = []

    def page(self, size: ViewportSize = WIDE, scheme: Any = "light") -> Page:
        page = self._chromium.new_page(viewport=size, color_scheme=scheme)
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(self._file.as_uri())
        return page


@pytest.fixture
def shown(chromium: Browser, file: Path) -> Shown:
    return Shown(chromium, file)


def test_it_loads_nothing_and_complains_about_nothing(shown: Shown, file: Path) -> None:
    shown.page()
    assert (shown.requests, shown.complaints) == ([file.as_uri()], [])


def test_what_a_ledger_holds_is_text(shown: Shown) -> None:
    page = shown.page()
    expect(page.locator(".stage").first).to_contain_text(HOSTILE)
    assert page.title().startswith("Delivery: prod runs")
    assert page.locator("script").count() == 0


@SIZES
def test_everything_fits_and_is_visible(shown: Shown, size: ViewportSize) -> None:
    page = shown.page(size)
    assert page.evaluate("document.documentElement.scrollWidth") == size["width"]
    for name in (*LAMBDAS, "dev", "test", "preprod", "prod"):
        expect(
            page.get_by_text(name, exact=True).and_(page.locator("th, h3")).first
        ).to_be_visible()
    cells = page.locator("td code")
    assert cells.count() >= 16
    for cell in cells.all():
        box = cell.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= size["width"]


@SIZES
def test_a_screen_reader_gets_a_table_with_headers(shown: Shown, size: ViewportSize) -> None:
    page = shown.page(size)
    heard = page.locator("body").aria_snapshot()
    for line in (
        'heading "Delivery" [level=1]',
        'columnheader "preprod"',
        'rowheader "docs"',
        "strong: drift",
        'region "Lambdas"',
    ):
        assert line in heard, heard
    # A mark is for eyes; what it means is in the digest beside it.
    assert "●" not in heard
    assert page.get_by_role("row").count() == len(LAMBDAS) + 1
    assert page.get_by_role("cell").count() == 4 * len(LAMBDAS)


def test_the_keyboard_reaches_and_opens_everything(shown: Shown) -> None:
    page = shown.page()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the lambdas")).to_be_focused()
    page.keyboard.press("Tab")
    first = page.locator("summary").first
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("details[open] li").first).to_contain_text("drift")
    for _ in range(page.locator("summary").count()):
        page.keyboard.press("Tab")
    expect(page.get_by_role("checkbox")).to_be_focused()
    row = page.get_by_role("row").filter(has_text="reload")
    expect(row).to_be_visible()
    page.keyboard.press("Space")
    expect(row).to_be_hidden()
    expect(page.get_by_role("row").filter(has_text="docs")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("region", name="Lambdas").last).to_be_focused()


def test_it_shows_drift_hold_and_what_comes_next(shown: Shown) -> None:
    page = shown.page()
    stages = page.locator(".stage")
    expect(stages.nth(0)).to_contain_text("held")
    expect(stages.nth(1)).to_contain_text("drift 1 of 4 functions")
    expect(stages.nth(1)).to_contain_text("2026-11-24.1, 2 to change, refused")
    expect(stages.nth(2)).to_contain_text("as in the ledger")
    expect(stages.nth(3)).to_contain_text(f"{SECOND}, 3 to change, refused")
    events = page.locator(".timeline li")
    expect(events.first).to_contain_text("dev held")
    expect(events.filter(has_text="prod rolled back to")).to_have_count(1)
    expect(events.filter(has_text="did not promote")).to_contain_text("no module named 'orders'")


@SIZES
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(
    shown: Shown, size: ViewportSize, scheme: str
) -> None:
    page = shown.page(size, scheme)
    for each in page.locator("summary").all():
        each.click()
    ratio, text = page.evaluate(_CONTRAST)
    assert ratio >= 4.5, text
