"""Make the fonts of this folder from the Noto fonts of a system: only what briefings need, without hinting.

    python assets/fonts/subset_fonts.py /usr/share/fonts

On Debian: fonts-noto-core, fonts-noto-cjk, fonts-noto-color-emoji; fonttools and pillow to run it.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from PIL import Image

HERE = Path(__file__).resolve().parent
WITH_BOLD = (
    "NotoSans", "NotoNaskhArabic", "NotoSansArmenian", "NotoSansBengali", "NotoSansDevanagari", "NotoSansEthiopic",
    "NotoSansGeorgian", "NotoSansGujarati", "NotoSansHebrew", "NotoSansKhmer", "NotoSansLao", "NotoSansMyanmar",
    "NotoSansTamil", "NotoSansTelugu", "NotoSansThai",
)  # fmt: skip
REGULAR = (
    "NotoSansAdlam", "NotoSansCanadianAboriginal", "NotoSansCherokee", "NotoSansGurmukhi", "NotoSansHanifiRohingya",
    "NotoSansKannada", "NotoSansMalayalam", "NotoSansMeeteiMayek", "NotoSansMongolian", "NotoSansNKo",
    "NotoSansOlChiki", "NotoSansOriya", "NotoSansSinhala", "NotoSansSymbols", "NotoSansSyriac", "NotoSansThaana",
    "NotoSansTifinagh", "NotoSerifTibetan",
)  # fmt: skip
SYMBOLS = [*range(0x2000, 0x2C00), *range(0x1F000, 0x1FB00)]
LETTERLIKE = [*range(0x1D400, 0x1D800), *range(0x2100, 0x2400)]  # the bold and script letters people decorate with
CJK = [
    *range(0x1100, 0x1200), *range(0x2E80, 0x3400), *range(0x4E00, 0xA000), *range(0xAC00, 0xD7A4),
    *range(0xF900, 0xFB00), *range(0xFE30, 0xFE50), *range(0xFF00, 0xFFF0),
    # With one sign beyond these the table of characters gets the form that typst reads right past 32,767 glyphs.
    0x20BB7,
]  # fmt: skip
SIMPLIFIED = 2  # the face of the collection; Japanese, Korean and traditional forms come by the language of a text
EMOJI_HEIGHT, EMOJI_COLOURS = 64, 48
DROPPED = ["DSIG", "VORG", "vhea", "vmtx", "MATH"]


def main(source: Path) -> None:
    """Write every font of the house into this folder."""
    found = {path.name: path for path in sorted(source.rglob("Noto*"))}
    for name in WITH_BOLD:
        for weight in ("Regular", "Bold"):
            cut(found[f"{name}-{weight}.ttf"], HERE / f"{name}-{weight}.ttf")
    for name in REGULAR:
        cut(found[f"{name}-Regular.ttf"], HERE / f"{name}-Regular.ttf")
    cut(found["NotoSansSymbols2-Regular.ttf"], HERE / "NotoSansSymbols2-Regular.ttf", SYMBOLS)
    cut(found["NotoSansMath-Regular.ttf"], HERE / "NotoSansMath-Regular.ttf", LETTERLIKE)
    cut(found["NotoSansCJK-Regular.ttc"], HERE / "NotoSansCJKsc-Regular.otf", CJK, SIMPLIFIED)
    small_emoji(found["NotoColorEmoji.ttf"], HERE / "NotoColorEmoji.ttf")


def cut(source: Path, target: Path, characters: Iterable[int] | None = None, face: int = 0) -> None:
    """Write a font without hinting, and where ``characters`` are given only with those."""
    font = TTFont(source, fontNumber=face)
    options = Options()
    options.hinting = False
    options.drop_tables += DROPPED
    if characters is None:
        characters = list(font.getBestCmap())
    else:
        options.layout_features = ["ccmp", "liga", "locl", "mark", "mkmk", "kern"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    font.save(target)


def small_emoji(source: Path, target: Path) -> None:
    """Write the colour emoji at half the size and with fewer colours: still 460 dots an inch in ten-point text."""
    font = TTFont(source)
    table = font["CBLC"].strikes[0].bitmapSizeTable
    glyphs = font["CBDT"].strikeData[0]
    scale = EMOJI_HEIGHT / next(iter(glyphs.values())).metrics.height
    table.ppemX, table.ppemY = round(table.ppemX * scale), round(table.ppemY * scale)
    for line in (table.hori, table.vert):
        line.ascender, line.descender = round(line.ascender * scale), round(line.descender * scale)
        line.widthMax = round(line.widthMax * scale)
    for glyph in glyphs.values():
        picture = Image.open(io.BytesIO(glyph.imageData)).convert("RGBA")
        wide, high = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
        few = picture.resize((wide, high), Image.Resampling.LANCZOS).quantize(
            EMOJI_COLOURS, method=Image.Quantize.FASTOCTREE
        )
        written = io.BytesIO()
        few.save(written, "PNG", optimize=True)
        glyph.imageData = written.getvalue()
        glyph.metrics.width, glyph.metrics.height = wide, high
        for name in ("BearingX", "BearingY", "Advance"):
            setattr(glyph.metrics, name, round(getattr(glyph.metrics, name) * scale))
    font.save(target)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
