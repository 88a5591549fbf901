"""A finished analysis made up for tests: invented posts in many scripts around an invented flood.

``sample_analysis(n)`` is deterministic: six topics, unsorted posts, copies, undated posts, hostile cells,
19-digit ids, a map. Texts are written for these tests; the river, the towns and the people do not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from ctse_core.types import UNSORTED, UNSORTED_NAME, Col, TopicCol

PLACES = ("Orvale", "Tessun", "Marrow Bay", "Upper Linth", "Kadir Hill", "Sant Oliu", "Brenn", "Old Quay")

TOPICS: tuple[tuple[str, tuple[str, ...], tuple[tuple[str, str], ...]], ...] = (
    (
        "drinking water · مياه الشرب · agua potable",
        ("drinking water", "مياه الشرب", "agua", "wells", "पानी"),
        (
            (
                "en",
                "No clean water in {p} since yesterday, the wells are full of mud. Who delivers bottles?",
            ),
            ("es", "En {p} seguimos sin agua potable, los niños beben del pozo. Por favor manden cisternas"),
            ("ar", "لا توجد مياه صالحة للشرب في {p} منذ يومين، نحتاج إلى صهاريج بسرعة"),
            ("hi", "{p} में पीने का पानी नहीं है, कुएँ का पानी गंदा है, टैंकर भेजिए"),
            ("fr", "Toujours pas d'eau potable à {p}, l'eau du robinet est marron 😷"),
            ("ht", "Nou pa gen dlo pou bwè nan {p}, tanpri voye dlo pou timoun yo"),
            ("am", "በ{p} ንጹህ የመጠጥ ውሃ የለም፣ እባካችሁ ውሃ ላኩልን"),
        ),
    ),
    (
        "bridge closed · 橋 · мост",
        ("bridge", "closed", "мост", "橋", "สะพาน"),
        (
            ("en", "The Selva bridge at {p} is closed, water over the deck. Take the north road!"),
            ("ru", "Мост у {p} перекрыт, вода идёт поверх настила, объезд через север"),
            ("ja", "{p}の橋が通行止めです。水が橋の上まで来ています。北の道へ回ってください"),
            ("th", "สะพานที่ {p} ปิดแล้ว น้ำท่วมพื้นสะพาน ให้ใช้ถนนทางเหนือ"),
            (
                "de",
                "Brücke bei {p} gesperrt, Wasser steht auf der Fahrbahn. Bitte über die Nordstraße fahren.",
            ),
            ("tr", "{p} köprüsü trafiğe kapandı, su köprünün üstünden akıyor"),
        ),
    ),
    (
        "missing people · desaparecidos · 寻人",
        ("missing", "last seen", "desaparecida", "寻人", "পাওয়া"),
        (
            (
                "en",
                "Looking for my uncle Tomas Averin, 71, last seen near the mill in {p} on Tuesday evening.",
            ),
            (
                "es",
                "Mi hermana está desaparecida desde el martes en {p}, lleva chaqueta roja. Compartan 🙏",
            ),
            ("zh", "寻人：我母亲周二晚上在{p}的学校附近失联，穿蓝色外套，有消息请联系我们"),
            ("bn", "{p} এলাকায় আমার ভাইকে মঙ্গলবার থেকে পাওয়া যাচ্ছে না, কেউ দেখলে জানাবেন"),
            ("uk", "Шукаю сусідку Олену, востаннє бачили біля {p} у вівторок"),
        ),
    ),
    (
        "shelter in schools · 避難所 · abrigo",
        ("shelter", "school", "abrigo", "避難所", "თავშესაფარი"),
        (
            ("en", "The school gym in {p} is open as a shelter, 200 beds, pets welcome, bring blankets"),
            ("pt", "O ginásio da escola em {p} virou abrigo, ainda há camas. Tragam cobertores"),
            ("ko", "{p} 초등학교 체육관이 대피소로 열렸습니다. 담요가 필요합니다"),
            ("he", "אולם בית הספר ב{p} פתוח כמקלט, צריך שמיכות ומטענים לטלפון"),
            ("ka", "{p}-ის სკოლა თავშესაფრად გაიხსნა, გვჭირდება საბნები"),
        ),
    ),
    (
        "power is out · மின்சாரம் · جريان",
        ("power", "electricity", "மின்சாரம்", "ไฟฟ้า", "برق"),
        (
            ("en", "Power out across {p}, third night. My father's oxygen machine runs on a car battery now"),
            ("ta", "{p} பகுதியில் மூன்று நாட்களாக மின்சாரம் இல்லை, மருத்துவமனை ஜெனரேட்டரில் இயங்குகிறது"),
            ("fa", "برق {p} سه شب است که قطع شده، بیمارستان با ژنراتور کار می‌کند"),
            ("el", "Χωρίς ρεύμα για τρίτη νύχτα στο {p}, το νοσοκομείο δουλεύει με γεννήτρια"),
        ),
    ),
    (
        "thanks to volunteers",
        ("thanks", "volunteers", "boats"),
        (
            (
                "en",
                "Thank you to the strangers with boats who carried my whole street out in {p}. Heroes ❤️",
            ),
            ("it", "Grazie ai volontari con le barche a {p}, avete salvato i miei nonni"),
            ("id", "Terima kasih para relawan perahu di {p}, kalian luar biasa"),
        ),
    ),
)

LOOSE: tuple[tuple[str, str], ...] = (
    ("en", "is it just me or does the sky look green today in {p}"),
    ("es", "lluvia otra vez en {p} y yo sin paraguas jaja"),
    ("und", "😢😢😢 {p}"),
    ("en", "new album drops friday, cannot wait, listening on repeat in {p}"),
    ("ja", "{p}のパン屋さんは今日も開いてた。うれしい"),
)

HOSTILE: tuple[tuple[str, str], ...] = (
    ("en", '=HYPERLINK("http://example.invalid","free water")'),
    ("en", "@SUM(1+1)*cmd|' /C calc'!A0"),
    ("en", "<script>document.title='owned'</script> <img src=x onerror=alert(1)> & <b>bold</b>"),
    ("en", "－2+3 full-width minus"),
    ("ar", "\u202eنص مقلوب\u202c then left again"),
    ("en", "a control \x07 character and \ufffe a non-character, and \x00 nothing"),
    ("en", "</script><style>body{display:none}</style>{{ 7 * 7 }} {% raw %}"),
)

BEGIN = datetime(2031, 3, 4, 3, tzinfo=UTC)


@dataclass(frozen=True)
class SampleAnalysis:
    """What the report needs of an analysis."""

    table: pl.DataFrame
    vectors: np.ndarray
    topics: pl.DataFrame
    empty: pl.DataFrame
    unreadable: pl.DataFrame
    manifest: dict[str, Any]
    title: str = "selva_flood_posts.csv"


def sample_analysis(posts: int = 600, seed: int = 4) -> SampleAnalysis:
    """Return an analysis of about ``posts`` posts; every count in it adds up."""
    rng = np.random.default_rng(seed)
    rows = _rows(posts, rng)
    table = _table(rows, rng)
    topics = _topics(table)
    names = dict(topics.select(TopicCol.ID, TopicCol.NAME).rows()) | {UNSORTED: UNSORTED_NAME}
    table = table.with_columns(
        pl.col(Col.CLUSTER).map_elements(names.__getitem__, return_dtype=pl.Utf8).alias(Col.TOPIC)
    )
    last = table.height
    empty = pl.DataFrame(
        {"row": [last + 1, last + 2], "reason": ["no text", "only white space"], "raw": ['{"id": "7"}', "{}"]}
    )
    unreadable = pl.DataFrame({"row": [last + 3], "reason": ["a quote that never closes"], "raw": ['12,"=1+1, open']})
    return SampleAnalysis(table, _vectors(table, rng), topics, empty, unreadable, _manifest(table, topics))


def _rows(posts: int, rng: np.random.Generator) -> list[tuple[int, str, str, int]]:
    """Return (topic, language, text, row of the original or -1) of each post, in file order."""
    shares = np.array([0.15, 0.26, 0.17, 0.145, 0.12, 0.095, 0.06])  # unsorted, then topics by size
    wanted = rng.permutation(np.repeat(np.arange(-1, len(TOPICS)), np.round(shares * posts).astype(int)))
    rows: list[tuple[int, str, str, int]] = []
    seen: dict[str, int] = {}
    for topic in wanted.tolist()[: max(0, posts - len(HOSTILE))]:
        choices = LOOSE if topic == UNSORTED else TOPICS[topic][2]
        lang, text = choices[min(int(rng.exponential(1.8)), len(choices) - 1)]
        text = text.format(p=PLACES[min(int(rng.exponential(2.2)), len(PLACES) - 1)])
        if rng.random() < 0.7:
            text += " " + " ".join(f"#{word}" for word in rng.choice(PLACES, 2) if rng.random() < 0.6).replace(" ", "")
        text = text.strip()
        rows.append((topic, lang, text, seen.get(text, -1)))
        seen.setdefault(text, len(rows) - 1)
    return rows + [(UNSORTED, lang, text, -1) for lang, text in HOSTILE]


def _table(rows: list[tuple[int, str, str, int]], rng: np.random.Generator) -> pl.DataFrame:
    count = len(rows)
    ids = [str(1_700_000_000_000_000_000 + 7_919 * i) for i in range(count)]
    representative = np.array([i if row[3] < 0 else row[3] for i, row in enumerate(rows)], dtype=np.int64)
    copies = np.bincount(representative, minlength=count)[representative]
    clusters = np.array([row[0] for row in rows], dtype=np.int32)
    hours = rng.gamma(2.2, 9.0, count) + 8 * np.maximum(clusters, 0)
    times = [BEGIN + timedelta(hours=float(hour)) if rng.random() > 0.03 else None for hour in hours]
    centres = np.array([[0, 0], [6, 1], [2.5, 5], [-4, 4], [-3, -4], [5, -4]])
    where = np.where(clusters[:, None] >= 0, centres[np.maximum(clusters, 0)], rng.normal(1, 4, (count, 2)))
    points = (where + rng.normal(0, 0.8, (count, 2)))[representative]
    strength = np.where(clusters >= 0, rng.uniform(0.4, 1.0, count), 0.0)[representative]
    return pl.DataFrame(
        {
            Col.ROW: np.arange(1, count + 1),
            Col.POST_ID: ids,
            Col.TEXT: [row[2] for row in rows],
            Col.TIME: times,
            Col.AUTHOR: [f"@someone{i % 97}" for i in range(count)],
            Col.PLACE: [None] * count,
            Col.LAT: [None] * count,
            Col.LON: [None] * count,
            Col.LABEL: [None] * count,
            Col.GIVEN_LANG: [None] * count,
            "file:source": ["+49 30 1234" if i % 50 == 0 else "web" for i in range(count)],
            Col.COMPARED: [row[2].lower() for row in rows],
            Col.LANG: [row[1] for row in rows],
            Col.LANG_CONFIDENCE: np.where(np.array([row[1] for row in rows]) == "und", 0.2, 0.9),
            Col.DUPLICATE_OF: [None if row[3] < 0 else ids[row[3]] for row in rows],
            Col.REPRESENTATIVE: representative,
            Col.COPIES: copies,
            Col.X: points[:, 0],
            Col.Y: points[:, 1],
            Col.CLUSTER: clusters,
            Col.STRENGTH: strength,
        },
        schema_overrides={
            Col.ROW: pl.Int64, Col.TIME: pl.Datetime("us", "UTC"), Col.PLACE: pl.Utf8, Col.LAT: pl.Float64,
            Col.LON: pl.Float64, Col.LABEL: pl.Utf8, Col.GIVEN_LANG: pl.Utf8, Col.LANG_CONFIDENCE: pl.Float32,
            Col.COPIES: pl.Int32, Col.X: pl.Float32, Col.Y: pl.Float32, Col.CLUSTER: pl.Int32,
            Col.STRENGTH: pl.Float32,
        },
    )  # fmt: skip


def _topics(table: pl.DataFrame) -> pl.DataFrame:
    rows = []
    positions = table.with_row_index("position")
    for number, (name, terms, _) in enumerate(TOPICS):
        members = positions.filter(pl.col(Col.CLUSTER) == number)
        if members.is_empty():
            continue
        languages = members[Col.LANG].value_counts().sort("count", Col.LANG, descending=[True, False])
        originals = members.filter(pl.col(Col.DUPLICATE_OF).is_null()).sort(Col.STRENGTH, descending=True)
        typical = originals.unique(Col.LANG, keep="first", maintain_order=True)["position"].head(6).to_list()
        rows.append(
            {
                TopicCol.ID: number,
                TopicCol.NAME: name,
                TopicCol.TERMS: list(terms),
                TopicCol.SIZE: members.height,
                TopicCol.UNIQUE: originals.height,
                TopicCol.SHARE: members.height / table.height,
                TopicCol.LANGUAGES: languages[Col.LANG].to_list(),
                TopicCol.LANGUAGE_POSTS: languages["count"].to_list(),
                TopicCol.FIRST: members[Col.TIME].min(),
                TopicCol.LAST: members[Col.TIME].max(),
                TopicCol.TYPICAL: typical,
                TopicCol.STRENGTH: float(members[Col.STRENGTH].mean()),
            }
        )
    moment, texts, numbers = pl.Datetime("us", "UTC"), pl.List(pl.Utf8), pl.List(pl.Int64)
    schema = {
        TopicCol.ID: pl.Int32, TopicCol.NAME: pl.Utf8, TopicCol.TERMS: texts, TopicCol.SIZE: pl.Int64,
        TopicCol.UNIQUE: pl.Int64, TopicCol.SHARE: pl.Float64, TopicCol.LANGUAGES: texts,
        TopicCol.LANGUAGE_POSTS: numbers, TopicCol.FIRST: moment, TopicCol.LAST: moment,
        TopicCol.TYPICAL: numbers, TopicCol.STRENGTH: pl.Float64,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema)


def _vectors(table: pl.DataFrame, rng: np.random.Generator) -> np.ndarray:
    centres = rng.standard_normal((len(TOPICS) + 1, 32))
    made = centres[table[Col.CLUSTER].to_numpy()] + 0.4 * rng.standard_normal((table.height, 32))
    made = made[table[Col.REPRESENTATIVE].to_numpy()]
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


def _manifest(table: pl.DataFrame, topics: pl.DataFrame) -> dict[str, Any]:
    unique = table[Col.DUPLICATE_OF].null_count()
    languages = table.group_by(Col.LANG).len().sort("len", Col.LANG, descending=[True, False])
    times = table[Col.TIME].drop_nulls()
    return {
        "made": "2031-03-09T08:15:00Z",
        "source": {
            "name": "selva_flood_posts.csv",
            "bytes": 123_456,
            "digest": "ab" * 16,
            "kind": "csv",
            "encoding": "utf-8",
        },
        "counts": {
            "rows": table.height + 3,
            "posts": table.height,
            "empty": 2,
            "unreadable": 1,
            "unique": unique,
            "copies": table.height - unique,
            "topics": topics.height,
            "unsorted": int((table[Col.CLUSTER] == UNSORTED).sum()),
            "languages": dict(languages.rows()),
            "undetermined": int((table[Col.LANG] == "und").sum()),
            "undated": table.height - len(times),
            "first_time": str(times.min()),
            "last_time": str(times.max()),
            "repaired": 4,
            "exact": table.height - unique,
            "near": 0,
        },
        "encoder": {
            "asked": "ctse-small",
            "name": "ctse-small",
            "dim": 384,
            "fingerprint": "0123456789abcdef" * 4,
            "runtime": "onnx-int8",
            "licence": "MIT",
            "note": "Built in, trained by us for meaning.",
        },
        "settings": {
            "encoder": "ctse-small",
            "structure": {"seed": 7, "neighbours": 15},
            "roles": {"text": "message"},
        },
        "structure": {"path": "umap and hdbscan", "seed": 7, "neighbours": 15, "stability": 0.93},
        "durations": {"read": 0.4, "vectors": 61.25, "structure": 4.0, "topics": 1.7},
        "versions": {"ctse": "0.1.0", "python": "3.11.9", "polars": "2.1.0"},
        "notes": ["2 rows have no text.", "The delimiter was guessed: comma."],
        "fingerprint": "feed" * 8,
    }
