"""Makes one PDF of chapters that Chromium printed: links, bookmarks, page numbers, structure."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.constants import PageLabelStyle
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    DictionaryObject,
    Fit,
    FloatObject,
    NameObject,
    NullObject,
    NumberObject,
    TextStringObject,
)

# A glyph that stands for a character and for a radical of the same shape is written into the PDF as
# the radical, and no search finds it. Unicode's normal form knows most; these it does not.
RADICALS = dict(
    zip(
        "⺂⺃⺅⺉⺋⺎⺏⺐⺒⺓⺔⺕⺖⺘⺙⺛⺞⺠⺡⺣⺤⺦⺨⺫⺭⺯⺰⺱⺹⺺⺾⻁⻂⻃⻅⻆⻈⻉⻋⻌⻐⻑⻒⻓⻔⻖⻘⻙⻚⻛⻜⻝⻟⻠⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻮⻯⻰⻱⻲⼾",
        "乛乚亻刂㔾兀尣尢巳幺彑彐忄扌攵旡歺民氵灬爫丬犭罒礻糹纟罓耂肀艹虎衤覀见角讠贝车辶钅長镸长门阝青韦页风飞食飠饣马骨鬼鱼鸟卤麦黄黾斉齐齿竜龙龜亀户",
        strict=True,
    )
)
BFCHAR = re.compile(rb"<([0-9A-F]+)> <([0-9A-F]{4})>\n")
BFRANGE = re.compile(rb"<([0-9A-F]+)> <([0-9A-F]+)> <([0-9A-F]{4})>\n")


@dataclass
class Heading:
    """A section of a chapter; `id` as it stands in an address."""

    level: int
    text: str
    id: str


@dataclass
class Chapter:
    """A printed page of the site."""

    url: str
    title: str
    part: str | None
    headings: list[Heading]
    reader: PdfReader

    @cached_property
    def anchors(self) -> dict[str, tuple[int, float]]:
        """Where each id is: the page, counted from 0, and the height on it in points."""
        return {
            name.removeprefix("/"): (self.reader.get_destination_page_number(place), place.top)
            for name, place in self.reader.named_destinations.items()
        }


def join(front: PdfReader, chapters: list[Chapter], title: str, author: str) -> PdfWriter:
    """Joins the title page, the table of contents and the chapters.

    Args:
        front: What comes before page 1.
        chapters: In the order of the book.
        title: Of the book.
        author: Of the book.
    """
    writer, structure, places = PdfWriter(), Structure(), {}
    for reader in (front, *(chapter.reader for chapter in chapters)):
        for page in reader.pages:
            for font in fonts(page["/Resources"]):
                mend_radicals(font)
    append(writer, front, "", structure)
    for chapter in chapters:
        first = len(writer.pages)
        append(writer, chapter.reader, chapter.url, structure)
        places[chapter.url] = (first, None)
        for name, (number, top) in chapter.anchors.items():
            places[f"{chapter.url}#{name}"] = (first + number, top)
    point_links(writer, places)
    add_bookmarks(writer, chapters, places)
    structure.finish(writer)
    writer.set_page_label(0, len(front.pages) - 1, style=PageLabelStyle.LOWERCASE_ROMAN)
    writer.set_page_label(len(front.pages), len(writer.pages) - 1, style=PageLabelStyle.DECIMAL)
    writer.add_metadata({"/Title": title, "/Author": author})
    root = writer.root_object
    root[NameObject("/Lang")] = TextStringObject("zh-CN")
    root[NameObject("/PageMode")] = NameObject("/UseOutlines")
    writer.compress_identical_objects()  # every chapter brings its own drawing of a letter
    return writer


def append(writer: PdfWriter, reader: PdfReader, url: str, structure: "Structure") -> None:
    """Appends all pages; links within them become links to `url`, as those between pages are."""
    for page in reader.pages:
        for link in annotations(page):
            if name := link.pop("/Dest", None):
                address = TextStringObject(f"{url}#{name.removeprefix('/')}")
                uri = {NameObject("/S"): NameObject("/URI"), NameObject("/URI"): address}
                link[NameObject("/A")] = DictionaryObject(uri)
    reader.root_object.pop("/Dests", None)  # every chapter has an #id1
    first = len(writer.pages)
    writer.append(reader, import_outline=False)
    structure.add(writer, reader, writer.pages[first:])


def annotations(page: PageObject) -> Iterator[DictionaryObject]:
    """The links of a page."""
    for reference in page.get("/Annots", ()):
        yield reference.get_object()


def point_links(writer: PdfWriter, places: dict[str, tuple[int, float | None]]) -> None:
    """Points the links between pages of the site at pages of the book.

    Those to files of the site that are no part of the book lead nowhere.
    """
    for page in writer.pages:
        for link in annotations(page):
            address = link.get("/A", {}).get("/URI", "")
            if address in places:
                number, top = places[address]
                height = NullObject() if top is None else FloatObject(top)
                where = [writer.pages[number].indirect_reference, NameObject("/XYZ")]
                link[NameObject("/Dest")] = ArrayObject(
                    [*where, NullObject(), height, NullObject()]
                )
            if not address.startswith(("http:", "https:")):
                link.pop("/A", None)


def add_bookmarks(
    writer: PdfWriter, chapters: list[Chapter], places: dict[str, tuple[int, float | None]]
) -> None:
    """Adds a bookmark for each part, chapter and section, one inside the other."""
    part, above = None, {}
    for chapter in chapters:
        if chapter.part != part:
            part, first = chapter.part, places[chapter.url][0]
            above = {0: writer.add_outline_item(title=part, page_number=first)} if part else {}
        sections = [(h.level, h.text, f"{chapter.url}#{h.id}") for h in chapter.headings]
        for level, title, address in [(1, chapter.title, chapter.url), *sections]:
            above = {upper: mark for upper, mark in above.items() if upper < level}
            number, top = places[address]
            above[level] = writer.add_outline_item(
                title=title,
                page_number=number,
                parent=above[max(above)] if above else None,
                fit=Fit.xyz(top=top),
                is_open=False,
            )


class Structure:
    """What is a heading, a table, a figure: the trees of all chapters made one.

    Each page, and each link, names an entry of its own chapter's list; they count on here.
    """

    def __init__(self) -> None:
        self.parts = ArrayObject()
        self.entries = ArrayObject()
        self.count = 0

    def add(self, writer: PdfWriter, reader: PdfReader, pages: Iterable[PageObject]) -> None:
        """Adds the tree of one chapter, whose pages the writer has already."""
        tree = reader.root_object["/StructTreeRoot"].clone(writer, ignore_fields=("/IDTree",))
        top = tree["/K"].get_object()
        top[NameObject("/S")] = NameObject("/Part")
        self.parts.append(top.indirect_reference)
        for page, printed in zip(pages, reader.pages, strict=True):
            if "/StructParents" in printed:  # which the writer left out
                page[NameObject("/StructParents")] = NumberObject(
                    printed["/StructParents"] + self.count
                )
            for link in annotations(page):
                if "/StructParent" in link:
                    link[NameObject("/StructParent")] = NumberObject(
                        link["/StructParent"] + self.count
                    )
        for number, entry in number_tree(tree["/ParentTree"]):
            self.entries += [NumberObject(number + self.count), entry]
        self.count += tree["/ParentTreeNextKey"]

    def finish(self, writer: PdfWriter) -> None:
        """Writes the tree into the book."""
        root = DictionaryObject({NameObject("/Type"): NameObject("/StructTreeRoot")})
        book = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/StructElem"),
                NameObject("/S"): NameObject("/Document"),
                NameObject("/P"): writer._add_object(root),
                NameObject("/K"): self.parts,
            }
        )
        root[NameObject("/K")] = writer._add_object(book)
        for part in self.parts:
            part.get_object()[NameObject("/P")] = book.indirect_reference
        numbers = DictionaryObject({NameObject("/Nums"): self.entries})
        root[NameObject("/ParentTree")] = writer._add_object(numbers)
        root[NameObject("/ParentTreeNextKey")] = NumberObject(self.count)
        writer.root_object[NameObject("/StructTreeRoot")] = root.indirect_reference
        marked = {NameObject("/Marked"): BooleanObject(True)}
        writer.root_object[NameObject("/MarkInfo")] = DictionaryObject(marked)


def number_tree(node: DictionaryObject) -> Iterator[tuple[int, object]]:
    """The entries of a number tree."""
    for child in node.get("/Kids", ()):
        yield from number_tree(child.get_object())
    numbers = node.get("/Nums", ())
    yield from zip(numbers[::2], numbers[1::2], strict=True)


def fonts(resources: DictionaryObject) -> Iterator[DictionaryObject]:
    """The fonts of a page, and of the drawings on it."""
    for font in resources.get("/Font", {}).values():
        yield font.get_object()
    for drawing in resources.get("/XObject", {}).values():
        yield from fonts(drawing.get_object().get("/Resources", {}))


def mend_radicals(font: DictionaryObject) -> None:
    """Writes characters in place of radicals into what a font says its glyphs mean."""
    table = font.get("/ToUnicode")
    if table is not None:
        data = table.get_data()
        mended = BFCHAR.sub(one_character, BFRANGE.sub(characters, data))
        if mended != data:
            table.set_data(mended)


def plain(code: int) -> bytes:
    """The hexadecimal code of a character, or of the one that a radical looks like."""
    char = chr(code)
    if 0x2E80 <= code <= 0x2FDF:
        char = RADICALS.get(char) or unicodedata.normalize("NFKC", char)
    return char.encode("utf-16-be").hex().upper().encode()


def one_character(line: re.Match) -> bytes:
    """`<glyph> <character>`"""
    return b"<%s> <%s>\n" % (line[1], plain(int(line[2], 16)))


def characters(line: re.Match) -> bytes:
    """`<first glyph> <last glyph> <first character>`"""
    first, last, code = (int(number, 16) for number in line.groups())
    codes = b" ".join(b"<%s>" % plain(code + n) for n in range(last - first + 1))
    return b"<%s> <%s> [%s]\n" % (line[1], line[2], codes)
