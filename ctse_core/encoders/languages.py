"""Which languages each family of encoders was made with, as data."""

from __future__ import annotations


def _codes(text: str) -> tuple[str, ...]:
    return tuple(text.split())


OUR_LANGUAGES = _codes(
    "ar bg bn ca cs da de el en es et fa fi fr gl gu he hi hr ht hu hy id it ja ka ko ku lt lv mk mn mr "
    "ms my nb nl pl pt ro ru sk sl sq sr sv ta te th tl tr uk ur vi zh"
)
"""English and the 54 languages of the pairs that our own encoders are trained on (ku is Kurmanji)."""

PAPER_LANGUAGES = _codes(
    "ar bg ca cs da de el en es et fa fi fr fr-ca gl gu he hi hr hu hy id it ja ka ko ku lt lv mk mn mr "
    "ms my nb nl pl pt pt-br ro ru sk sl sq sr sv th tr uk ur vi zh zh-tw"
)
"""English and the 52 languages (two of them variants) of the CrisisTransformers sentence encoders."""

XLMR_LANGUAGES = _codes(
    "af am ar as az be bg bn br bs ca cs cy da de el en eo es et eu fa fi fr fy ga gd gl gu ha he hi hr "
    "hu hy id is it ja jv ka kk km kn ko ku ky la lo lt lv mg mk ml mn mr ms my nb ne nl om or pa pl ps "
    "pt ro ru sa sd si sk sl so sq sr su sv sw ta te th tl tr ug uk ur uz vi xh yi zh"
)
"""What XLM-R was pre-trained on; models that start from it understand these to differing degrees."""

MBERT_LANGUAGES = _codes(
    "af an ar ast az azb ba bar be bg bn bpy br bs ca ce ceb cs cv cy da de el en es et eu fa fi fr fy ga "
    "gl gu he hi hr ht hu hy id io is it ja jv ka kk kn ko ky la lb lmo lt lv mg min mk ml mn mr ms my nb "
    "nds ne nl nn oc pa pl pms pnb pt ro ru scn sco sh sk sl sq sr su sv sw ta te tg th tl tr tt uk ur uz "
    "vi vo war yo zh"
)
"""The Wikipedias that multilingual BERT was pre-trained on."""

LABSE_LANGUAGES = _codes(
    "af am ar as az be bg bn bo bs ca ceb co cs cy da de el en eo es et eu fa fi fr fy ga gd gl gu ha haw "
    "he hi hmn hr ht hu hy id ig is it ja jv ka kk km kn ko ku ky la lb lo lt lv mg mi mk ml mn mr ms mt "
    "my nb ne nl ny or pa pl pt ro ru rw si sk sl sm sn so sq sr st su sv sw ta te tg th tk tl tr tt ug "
    "uk ur uz vi wo xh yi yo zh zu"
)
"""The 109 languages of LaBSE."""

_SAME = {
    "no": "nb",
    "nn": "nb",
    "fil": "tl",
    "iw": "he",
    "in": "id",
    "ckb": "ku",
    "kmr": "ku",
    "cmn": "zh",
    "arb": "ar",
}


def supports(languages: tuple[str, ...], code: str) -> bool:
    """Return whether a language code (any of "pt-BR", "no", "fil") is among an encoder's languages."""
    plain = code.lower().replace("_", "-").split("-")[0]
    return code.lower() in languages or plain in languages or _SAME.get(plain) in languages
