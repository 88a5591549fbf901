"""Codes of languages as files write them ─▶ as this house writes them."""

from __future__ import annotations

from ctse_core.types import UNDETERMINED

# Old codes, those of single platforms, and ISO 639-2/3 of languages that have a two-letter code.
_SAME = """iw:he in:id ji:yi no:nb nn:nb fil:tl kmr:ku cmn:zh yue:zh bs:hr eng:en spa:es fra:fr fre:fr
por:pt deu:de ger:de ita:it ara:ar arb:ar rus:ru zho:zh chi:zh jpn:ja kor:ko hin:hi ben:bn urd:ur fas:fa
per:fa prs:fa tur:tr ind:id msa:ms may:ms zsm:ms tgl:tl vie:vi tha:th mya:my bur:my khm:km lao:lo tam:ta
tel:te mar:mr guj:gu nep:ne npi:ne sin:si ukr:uk pol:pl ces:cs cze:cs slk:sk slo:sk slv:sl hrv:hr srp:sr
bul:bg mkd:mk mac:mk ron:ro rum:ro hun:hu ell:el gre:el sqi:sq alb:sq heb:he amh:am som:so swa:sw swh:sw
hau:ha hat:ht kur:ku nld:nl dut:nl swe:sv dan:da nor:nb nob:nb nno:nb fin:fi est:et lav:lv lit:lt hye:hy
arm:hy kat:ka geo:ka mon:mn khk:mn cat:ca glg:gl pan:pa kan:kn mal:ml ory:or"""
_TWO_LETTERS: dict[str, str] = dict(pair.split(":") for pair in _SAME.split())
_NO_LANGUAGE = frozenset(("und", "unk", "mis", "mul", "zxx", "qme", "qst", "qht", "qam", "qct", "art", "nan", "nil"))


def tidy_code(code: str | None) -> str:
    """Return the two-letter code where there is one ("en-US", "eng" and "EN" give "en"), else "und".

    Three-letter codes without a two-letter one ("ckb", "ceb") stay; anything else is no code.
    """
    if not code:
        return UNDETERMINED
    first = code.strip().lower().replace("_", "-").split("-")[0]
    first = _TWO_LETTERS.get(first, first)
    if len(first) not in (2, 3) or not first.isascii() or not first.isalpha() or first in _NO_LANGUAGE:
        return UNDETERMINED
    return first
