"""What a page holds, as the parser of the standard library reads it."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

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
