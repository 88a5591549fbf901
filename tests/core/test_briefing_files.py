"""The briefing as files: every script set in fonts that ship, right-to-left right, nothing in a post that can run."""

import dataclasses
import io
import re
import zipfile

import polars as pl
import pytest
from fontTools.ttLib import TTFont
from pypdf import PdfReader

from ctse_core.briefing import brief_of
from ctse_core.errors import ProjectError
from ctse_core.figures.still_meaning import still_meaning
from ctse_core.figures.still_time import still_volume
from ctse_core.report import brief_html, brief_pdf, write_report
from ctse_core.report.brief import (
    Brief,
    Cell,
    Grid,
    Heading,
    Pairs,
    Picture,
    Point,
    Points,
    Post,
    Posts,
    Tile,
    Tiles,
    Words,
)
from ctse_core.report.brief_docx import docx_of
from ctse_core.report.brief_html import html_of
from ctse_core.report.brief_pdf import FONTS, TEMPLATE, on_paper, pdf_of, png_of
from ctse_core.report.docx_runs import stretches
from ctse_core.types import Col
from tests.sample_analysis import HOSTILE
from tests.sample_crisis import sample_crisis

SCRIPTS = {
    "en": "No clean water – “boil it” ½ €5",
    "vi": "Cầu ở Đà Nẵng bị ngập nước",
    "yo": "Omi kò sí ní ìlú wa ọ̀rọ̀",
    "el": "Χωρίς ρεύμα για τρίτη νύχτα",
    "uk": "Міст перекрито, її ґанок",
    "ar": "لا توجد مياه صالحة للشرب منذ يومين",
    "fa": "بیمارستان با ژنراتور کار می‌کند",
    "ur": "ہمیں پینے کا صاف پانی نہیں مل رہا",
    "he": "אולם בית הספר פתוח כמקלט",
    "hi": "कुएँ का पानी गंदा है, विद्यार्थियों की मदद करें",
    "bn": "কেউ দেখলে জানাবেন। শ্রেণি ক্ষতি",
    "gu": "પીવાનું પાણી નથી, કૃપા કરીને મદદ કરો",
    "pa": "ਪੀਣ ਦਾ ਪਾਣੀ ਨਹੀਂ",
    "ta": "மருத்துவமனை ஜெனரேட்டரில் இயங்குகிறது",
    "te": "మూడు రోజులుగా కరెంటు లేదు",
    "kn": "ಕುಡಿಯುವ ನೀರಿಲ್ಲ",
    "ml": "കുടിവെള്ളം ഇല്ല",
    "si": "පානීය ජලය නැත",
    "th": "สะพานปิดแล้ว น้ำท่วมพื้นสะพาน",
    "lo": "ບໍ່ມີນໍ້າສະອາດ",
    "km": "គ្មានទឹកស្អាតទេ សូមជួយផង",
    "my": "သောက်ရေမရှိပါ ကျေးဇူးပြု၍ ကူညီပါ",
    "bo": "བོད་སྐད་",
    "am": "ንጹህ የመጠጥ ውሃ የለም፣ ላኩልን",
    "ka": "სკოლა თავშესაფრად გაიხსნა",
    "hy": "Դպրոցը բաց է որպես ապաստարան",
    "zh": "寻人：我母亲在学校附近失联，＝骨直海",
    "ja": "橋が通行止めです。𠮷野家",
    "ko": "초등학교 체육관이 대피소로 열렸습니다",
    "und": "😢🆘👨‍👩‍👧‍👦🇭🇹❤️☎✔𝗕𝗼𝗹𝗱➡️♻1️⃣🙏🏽",
}
RIGHT_TO_LEFT = {"ar", "fa", "ur", "he"}
UNSEEN = {0x200B, 0x200C, 0x200D, 0xFE0E, 0xFE0F}  # joiners and selectors, which a font need not draw


def sample_brief(rtl=False):
    posts = [
        Post(number, f"{10**18 + number}", text, code, code in RIGHT_TO_LEFT, ("Critical", "Orvale"), number % 2 == 0)
        for number, (code, text) in enumerate(SCRIPTS.items(), 1)
    ]
    blocks = (
        Tiles((Tile("Posts", "30", "29 originals, 1 copy"), Tile("Topics", "2"))),
        Words("Check first.", "care"),
        Heading("In short"),
        Points((Point("30 posts. #let x = 1 $math$ *bold* \\ [x] <b>", "Water:", (1, 2)),)),
        Grid(
            ("Need", "All"),
            (("Water", (Cell("30", "▲3 · 2 h", "pressing"),)), ("Power", (Cell("–", "", "none"),))),
            ".",
        ),
        Picture(still_volume(sample_crisis(60).table), "Posts over time."),
        Posts(tuple(posts)),
        Heading("How this was made", new_page=True),
        Pairs((("File", "a.csv"), ("Versions", "1.0"))),
    )
    words = ("Crisis briefing", "Made with CTSE", "id", "Page {page} of {pages}")
    return Brief("ar" if rtl else "en", rtl, "Flood_<x>&.csv", "30 posts", *words, blocks)


@pytest.fixture(scope="module")
def brief():
    return sample_brief()


def pages_read(made):
    return PdfReader(io.BytesIO(made)).pages


def fonts_of(made):
    """Return the names of all fonts inside a PDF."""
    names = set()
    for page in pages_read(made):
        for font in page["/Resources"]["/Font"].get_object().values():
            told = font.get_object()
            parts = told.get("/DescendantFonts")
            name = parts[0].get_object().get("/BaseFont") if parts else told.get("/BaseFont") or told.get("/Name")
            names.add(str(name))
    return names


@pytest.fixture(scope="module")
def letters():
    """All characters that the fonts that ship can draw."""
    known = set()
    for path in [*FONTS.glob("*.ttf"), *FONTS.glob("*.otf")]:
        known |= set(TTFont(path, lazy=True).getBestCmap())
    return known


@pytest.mark.parametrize("code", SCRIPTS)
def test_the_fonts_that_ship_hold_every_letter(code, letters):
    missing = {letter for letter in SCRIPTS[code] if ord(letter) not in letters | UNSEEN and not letter.isspace()}
    assert not missing


def test_the_template_names_every_font_that_ships():
    template = TEMPLATE.read_text(encoding="utf-8")
    families = brief_pdf._fonts().families()
    assert len(families) > 30
    assert not [family for family in families if f'"{family}"' not in template]
    assert template.index("CJK") < template.index("Mongolian"), "whose font has a Chinese full stop of its own"


def test_the_fonts_are_licensed_and_no_larger_than_agreed():
    assert "SIL OPEN FONT LICENSE" in (FONTS / "OFL.txt").read_text(encoding="utf-8")
    assert sum(path.stat().st_size for path in FONTS.iterdir()) < 25_000_000


def test_the_pdf_embeds_its_fonts_and_none_of_another_machine(brief):
    names = fonts_of(pdf_of(brief))
    assert all("Noto" in name for name in names), names
    assert {"NaskhArabic", "Devanagari", "Thai", "Myanmar", "CJK"} <= {
        part for part in ("NaskhArabic", "Devanagari", "Thai", "Myanmar", "CJK") if any(part in name for name in names)
    }


@pytest.fixture(scope="module")
def read_text(brief):
    """All of the PDF as a browser reads it, without blanks."""
    import pypdfium2

    pages = pypdfium2.PdfDocument(pdf_of(brief))
    return "".join("".join(page.get_textpage().get_text_range().split()) for page in pages)


def letters_of(text):
    return "".join(letter for letter in text if letter.isalnum())


@pytest.mark.parametrize("code", sorted(set(SCRIPTS) - {"km", "gu", "und", "bo"}))
def test_the_text_of_the_pdf_can_be_read_back(code, read_text):
    """Khmer and Gujarati are drawn right, but readers give letters twice that share a sign."""
    assert letters_of(SCRIPTS[code]) in letters_of(read_text)


def test_ids_are_exact_and_what_a_text_says_is_never_run(read_text):
    assert "1000000000000000001" in read_text
    assert "#letx=1$math$*bold*\\[x]<b>" in read_text


def test_a_letter_that_no_font_has_makes_no_briefing_fail(brief):
    odd = dataclasses.replace(brief, blocks=(Posts((Post(1, "1", "𒀀 \U0010ffff", "und", False, ()),)),))
    assert pdf_of(odd).startswith(b"%PDF")


def test_the_pdf_is_tagged_titled_and_in_a_language(brief):
    read = PdfReader(io.BytesIO(pdf_of(brief)))
    root = read.trailer["/Root"]
    assert root["/Lang"] == "en" and root["/MarkInfo"]["/Marked"]
    assert "pdfuaid:part" in root["/Metadata"].get_object().get_data().decode(), "PDF/UA, for readers that speak"
    assert read.metadata.title.startswith("Flood_<x>&.csv")


def test_numbers_in_brackets_are_links_inside_the_pdf(brief):
    links = [note.get_object() for page in pages_read(pdf_of(brief)) for note in page.get("/Annots", ())]
    assert len(links) == 2 and all("/URI" not in str(link) for link in links)


def pages_of(brief, dots_an_inch):
    """Return the pages of the PDF as PNG pictures, to look at."""
    made = brief_pdf._set(TEMPLATE, {"brief": brief_pdf._for_paper(brief)}, format="png", ppi=dots_an_inch)
    return made if isinstance(made, list) else [made]


def test_pages_are_pictures_with_ink_on_them(brief):
    pages = pages_of(brief, 20)
    assert len(pages) >= 2 and all(page.startswith(b"\x89PNG") and len(page) > 1000 for page in pages)


def test_right_to_left_pages_begin_at_the_right():
    from PIL import Image

    def ink(page):
        image = Image.open(io.BytesIO(page)).convert("L").crop((0, 40, 496, 75))  # the title
        columns = [x for x in range(image.width) if min(image.getpixel((x, y)) for y in range(image.height)) < 120]
        return sum(columns) / len(columns)

    left, right = (ink(pages_of(sample_brief(rtl), 60)[0]) for rtl in (False, True))
    assert left < 200 < 300 < right


def test_html_carries_direction_language_and_exact_ids_and_runs_nothing(brief):
    made = html_of(brief)
    assert '<html lang="en" dir="ltr">' in made and "default-src 'none'" in made
    assert "<script" not in made and not re.search(r"(?:src|href)=\"(?!data:|#)", made)
    assert re.search(r'id="post-6" dir="rtl">\s*<blockquote lang="ar">لا توجد', made)
    assert '<bdi class="id" dir="ltr">1000000000000000001</bdi>' in made
    assert "Flood_&lt;x&gt;&amp;.csv" in made and "[x] &lt;b&gt;" in made
    assert '<a href="#post-1">[1]</a>' in made and 'alt="Posts over time."' in made
    assert '<html lang="ar" dir="rtl">' in html_of(sample_brief(rtl=True))


def document_of(made):
    with zipfile.ZipFile(io.BytesIO(made)) as parts:
        return {name: parts.read(name).decode("utf-8", "replace") for name in parts.namelist()}


def test_docx_says_direction_language_and_fonts_of_every_script(brief):
    told = document_of(docx_of(brief))["word/document.xml"]
    arabic = next(part for part in told.split("<w:p>") if "لا توجد" in part)
    assert "<w:bidi/>" in arabic and "<w:rtl/>" in arabic and 'w:bidi="ar"' in arabic
    hindi = next(part for part in told.split("<w:p>") if "कुएँ" in part)
    assert 'w:cs="Nirmala UI"' in hindi and 'w:bidi="hi"' in hindi
    korean = next(part for part in told.split("<w:p>") if "초등학교" in part)
    assert 'w:eastAsia="Malgun Gothic"' in korean
    assert 'w:anchor="post_1"' in told and 'w:name="post_1"' in told
    assert 'descr="Posts over time."' in told and "1000000000000000001" in told


def test_docx_opens_again_with_its_headings_tables_and_pictures(brief):
    import docx

    read = docx.Document(io.BytesIO(docx_of(brief)))
    headings = [one.text for one in read.paragraphs if one.style.name.startswith("Heading")]
    assert headings == ["Flood_<x>&.csv", "In short", "How this was made"]
    assert len(read.tables) == 3 and len(read.inline_shapes) == 1
    assert read.tables[1].cell(1, 1).text == "30\n▲3 · 2 h"
    assert read.core_properties.author == ""


ORDER = {
    "pPr": "pStyle keepNext keepLines pageBreakBefore numPr pBdr shd bidi spacing ind jc rPr sectPr",
    "rPr": "rStyle rFonts b bCs i iCs color sz szCs rtl cs lang",
    "tblPr": "tblStyle bidiVisual tblW jc tblBorders shd tblLayout tblCellMar tblLook",
    "tcPr": "tcW gridSpan tcBorders shd vAlign",
}  # as ISO 29500 wants it; strict readers refuse a file otherwise


@pytest.mark.parametrize("rtl", [False, True])
def test_docx_keeps_properties_in_the_order_that_the_format_wants(rtl):
    from docx.oxml import parse_xml

    root = parse_xml(document_of(docx_of(sample_brief(rtl)))["word/document.xml"].encode())
    for kind, wanted in ORDER.items():
        order = wanted.split()
        found = [one for one in root.iter() if str(one.tag).endswith(f"}}{kind}")]
        for one in found:
            places = [order.index(child.tag.rpartition("}")[2]) for child in one]
            assert places == sorted(set(places)), kind
        assert found


def test_docx_of_an_arabic_briefing_runs_right_to_left_tables_too():
    told = document_of(docx_of(sample_brief(rtl=True)))["word/document.xml"]
    assert told.count("<w:bidiVisual/>") == 3
    heading = next(part for part in told.split("<w:p>") if "In short" in part)
    assert "<w:bidi/>" in heading


def test_text_is_cut_where_its_direction_turns():
    assert stretches("most in مياه (3)", False) == [("most in ", False), ("مياه", True), (" (3)", False)]
    assert stretches("مياه Orvale الآن", True) == [("مياه ", True), ("Orvale", False), (" الآن", True)]
    assert stretches("", False) == [] and stretches("plain", False) == [("plain", False)]


@pytest.mark.parametrize("posts", [0, 1, 25])
def test_of_hardly_any_posts_every_file_is_written(posts, tmp_path):
    some = sample_crisis(60)
    few = dataclasses.replace(some, table=some.table.head(posts), topics=some.topics.clear(), manifest={})
    paths = write_report(few, tmp_path, ("pdf", "docx"))
    assert [path.name for path in paths] == ["briefing.pdf", "briefing.docx"]
    assert len(pages_read(paths[0].read_bytes())) >= 2
    assert few.table.height == posts


def test_hostile_posts_stand_in_every_file_as_texts(tmp_path):
    some = sample_crisis(60)
    texts = [text for _, text in HOSTILE] * 20
    hostile = some.table.with_columns(pl.Series(Col.TEXT, texts[: some.table.height]))
    brief = brief_of(dataclasses.replace(some, table=hostile))
    assert "<script>" not in html_of(brief) and pdf_of(brief).startswith(b"%PDF")
    assert "<script>" not in document_of(docx_of(brief))["word/document.xml"]


def test_missing_fonts_and_templates_are_told_in_a_sentence(brief, tmp_path, monkeypatch):
    monkeypatch.setattr(brief_pdf, "TEMPLATE", tmp_path / "nowhere.typ")
    with pytest.raises(ProjectError, match="template is missing"):
        pdf_of(brief)
    monkeypatch.setattr(brief_html, "TEMPLATES", tmp_path)
    with pytest.raises(ProjectError, match="templates are missing"):
        html_of(brief)
    monkeypatch.setattr(brief_pdf, "FONTS", tmp_path)
    brief_pdf._fonts.cache_clear()
    with pytest.raises(ProjectError, match="fonts of briefings are missing"):
        png_of(brief.blocks[5].svg)
    brief_pdf._fonts.cache_clear()


def test_the_timeline_shows_every_post_once_and_marks_what_flared_up():
    table = sample_crisis(300).table
    first, last = table[Col.TIME].min(), table[Col.TIME].max()
    drawn = still_volume(table, [(first, last)])
    assert "undated" in drawn and "Far more than usual" in drawn and drawn.count("<rect") > 20
    heights = [float(high) for high in re.findall(r'height="([\d.]+)" fill="(?:#4c5ab7|#8595a0|rgba)', drawn)]
    assert max(heights) <= 230
    undated = table.with_columns(pl.lit(None, dtype=pl.Datetime("us", "UTC")).alias(Col.TIME))
    assert "there is no timeline" in still_volume(undated) and "<rect" not in still_volume(undated)


def test_the_map_of_meaning_draws_each_original_and_names_topics():
    some = sample_crisis(300)
    drawn = still_meaning(some.table, some.topics)
    originals = some.table[Col.DUPLICATE_OF].null_count()
    assert drawn.count("h0") == originals and "thanks to volunteers" in drawn
    assert still_meaning(some.table.clear(), some.topics.clear()).startswith("<svg")


def test_pictures_are_darker_on_paper():
    svg = still_meaning(sample_crisis(60).table, sample_crisis(60).topics)
    assert 'fill="#7a7a7a"' in svg and 'fill="#7a7a7a"' not in on_paper(svg)
    assert 'font-family="Noto Sans"' in on_paper(svg)
