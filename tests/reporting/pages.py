"""What a page holds, as the parser of the standard library reads it."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

#: Elements without an end tag.
VOID = {"meta", "link", "img", "input", "br"}


@dataclass
class Element:
    """An element of a page."""

    tag: str
    attributes: dict[str, str | None]
    children: list["Element | str"] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text in it."""
        return "".join(each if isinstance(each, str) else each.text for each in self.children)

    def all(self, *tags: str) -> list["Element"]:
        """Elements of some kinds in it, in their order."""
        found = []
        for each in self.children:
            if isinstance(each, Element):
                found += [each] * (each.tag in tags) + each.all(*tags)
        return found


class Page(HTMLParser):
    """A page as a tree; every tag must be closed in its turn."""

    def __init__(self, html: str):
        super().__init__()
        self.root = Element("", {})
        self.open = [self.root]
        self.feed(html)
        self.close()
        assert self.open == [self.root], f"not closed: {self.open[-1].tag}"

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names), f"an attribute is there twice: {tag} {names}"
        element = Element(tag, dict(attrs))
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open.pop().tag == tag

    def handle_data(self, data):
        self.open[-1].children.append(data)


def check(html):
    """Assert what every page keeps to, and return it as a tree."""
    root = Page(html).root
    (document,) = root.all("html")
    assert document.attributes["lang"] == "en"
    assert len(root.all("title")) == len(root.all("h1")) == len(root.all("main")) == 1
    levels = [int(heading.tag[1]) for heading in root.all("h1", "h2", "h3", "h4")]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    elements = root.all("a", "section", "img", "th", "canvas", "input", "table", "link", "script")
    ids = [each.attributes["id"] for each in root.all("h2", "h3", "h4")]
    assert len(set(ids)) == len(ids)
    for each in elements:
        attributes = each.attributes
        for name in ("src", "href"):
            assert attributes.get(name, "#").startswith(("data:", "#")), attributes
        if each.tag == "a":
            assert attributes["href"][1:] in ids
        if each.tag == "section":
            assert attributes["aria-labelledby"] in ids
        if each.tag == "img":
            assert attributes["alt"].strip()
        if each.tag == "th":
            assert attributes["scope"] in ("row", "col")
        if each.tag == "input":
            assert attributes["aria-label"]
        if each.tag == "table":
            columns = len(each.all("thead")[0].all("th"))
            assert {len(row.all("th", "td")) for row in each.all("tr")} == {columns}
    assert not re.search(r"url\(|@import|fetch\(|XMLHttpRequest|import\(", html)
    return root


def sections(root):
    """The text of each section by its heading."""
    return {part.all("h2", "h3", "h4")[0].text: part for part in root.all("section")}
