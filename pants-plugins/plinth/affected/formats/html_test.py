from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

from hypothesis import given

from plinth.affected.formats import html
from plinth.affected.formats.samples import EMPTY, UNKNOWN, base_change
from plinth.affected.formats.strategies import answers
from plinth.affected.model import Answer


class Page(HTMLParser):
    """The elements of a page, and the text of its scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._inside = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.texts.setdefault(self._inside, []).append(data)

    @property
    def data(self) -> dict[str, list[dict[str, object]]]:
        found: dict[str, list[dict[str, object]]] = json.loads(self.texts["script"][0])
        return found


def test_the_page_holds_every_node_and_chain() -> None:
    data = Page(html.render(base_change(2))).data
    assert data["nodes"][2] == {
        "role": "step",
        "label": "base:third_party",
        "wave": 0,
        "column": 1,
        "fold": 2,
    }
    assert len(data["chains"]) == 11


def test_it_loads_nothing_and_runs_only_its_own() -> None:
    text = html.render(base_change(2))
    page = Page(text)
    for tag, attributes in page.elements:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base")
        assert not {"src", "href", "srcset", "action"} & set(attributes)
    (policy,) = (
        attributes["content"] or ""
        for tag, attributes in page.elements
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none';")
    for name, source in (("style", page.texts["style"][0]), ("script", page.texts["script"][1])):
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org/2000/svg)", text)


def test_without_scripts_it_is_the_text() -> None:
    text = html.render(base_change(2))
    assert "<noscript><pre>3 of 4 images and 3 of 103 tests" in text


def test_a_reviewer_reads_the_verdict_first() -> None:
    verdict = "4 of 5 images will differ, because of 2 changes. 4 tests run first."
    assert Page(html.render(base_change(3))).texts["p"][0] == verdict


def test_empty_and_unknown_answers_have_a_page() -> None:
    assert Page(html.render(EMPTY)).data == {"everything": [], "nodes": [], "chains": []}
    assert len(Page(html.render(UNKNOWN)).data["everything"]) == 1


@given(answers())
def test_a_file_name_adds_no_element(answer: Answer) -> None:
    text = html.render(answer)
    text.encode()
    page = Page(text)
    assert [tag for tag, _ in page.elements] == [
        tag for tag, _ in Page(html.render(EMPTY)).elements
    ]
    json.loads(page.texts["script"][0])
    assert len(page.texts["script"]) == 2
