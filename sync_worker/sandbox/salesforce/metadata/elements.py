"""Elements of metadata files, each with its place in its file, as the platform's complaints name it."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat


class XmlFault(ValueError):
    """A file that is no well-formed XML, in the words of the platform's parser, and where."""

    def __init__(self, problem: str, line: int, column: int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.line = line
        self.column = column


@dataclass(slots=True)
class Xml:
    """One element, asked by bare tag names. Two are equal if they say the same, wherever they stand."""

    tag: str
    line: int = field(default=0, compare=False)
    column: int = field(default=0, compare=False)
    content: str = ""
    children: list[Xml] = field(default_factory=list)

    @classmethod
    def parse(cls, text: bytes) -> Xml:
        """Raises XmlFault; document types and entities have no place in metadata and are refused as well."""
        return _Reader(text).root

    def all(self, tag: str) -> list[Xml]:
        return [each for each in self.children if each.tag == tag]

    def one(self, tag: str) -> Xml | None:
        return next((each for each in self.children if each.tag == tag), None)

    def text(self, tag: str, default: str = "") -> str:
        found = self.one(tag)
        return found.content if found else default

    def flag(self, tag: str, default: bool = False) -> bool:
        return self.text(tag, str(default)).lower() == "true"

    def number(self, tag: str) -> int:
        return int(self.text(tag, "0") or 0)

    def below(self, tag: str) -> list[Xml]:
        """All elements of that tag at any depth."""
        found = self.all(tag)
        return [*found, *(deep for each in self.children for deep in each.below(tag))]


class _Reader:
    def __init__(self, text: bytes) -> None:
        self._open: list[Xml] = [Xml("")]
        self._parser = expat.ParserCreate(namespace_separator="}")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._doctype
        try:
            self._parser.Parse(text, True)
        except expat.ExpatError as problem:
            raise self._fault(problem) from None
        self.root = self._open[0].children[0]

    def _start(self, name: str, _: dict[str, str]) -> None:
        line, column = self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1
        element = Xml(name.rpartition("}")[2], line, column)
        self._open[-1].children.append(element)
        self._open.append(element)

    def _end(self, _: str) -> None:
        element = self._open.pop()
        element.content = element.content.strip()

    def _characters(self, text: str) -> None:
        self._open[-1].content += text

    def _doctype(self, *_: object) -> None:
        raise XmlFault("metadata files carry no document type or entities", 1, 1)

    def _fault(self, problem: expat.ExpatError) -> XmlFault:
        words = expat.ErrorString(problem.code)
        name = self._open[-1].tag
        told = _WORDS.get(words, words)
        if words == "mismatched tag":
            told = (
                f'The element type "{name}" must be terminated by the matching end-tag "</{name}>".'
            )
        elif words == "syntax error" or (words.startswith("not well-formed") and not name):
            told = "Content is not allowed in prolog."
        return XmlFault(told, problem.lineno, problem.offset + 1)


# What the platform's Java parser says where ours uses other words.
_WORDS = {
    "no element found": "XML document structures must start and end within the same entity.",
    "unclosed token": "XML document structures must start and end within the same entity.",
    "not well-formed (invalid token)": (
        "The content of elements must consist of well-formed character data or markup."
    ),
    "junk after document element": (
        "The markup in the document following the root element must be well-formed."
    ),
}
