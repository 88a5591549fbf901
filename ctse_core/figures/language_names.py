"""Names of languages: in English and in the language itself, by the code that the posts table holds."""

from __future__ import annotations

from ctse_core.types import UNDETERMINED
from ctse_core.words import named_language

_NAMES = """
af Afrikaans|Afrikaans; ak Akan|Akan; als Swiss German|Schwiizerdütsch; am Amharic|አማርኛ
an Aragonese|aragonés; ar Arabic|العربية; arz Egyptian Arabic|مصرى; as Assamese|অসমীয়া
ast Asturian|asturianu; av Avaric|авар; ay Aymara|Aymar aru; az Azerbaijani|azərbaycanca
azb South Azerbaijani|تۆرکجه; ba Bashkir|башҡортса; be Belarusian|беларуская
bg Bulgarian|български; bho Bhojpuri|भोजपुरी; bm Bambara|bamanankan; bn Bangla|বাংলা
bo Tibetan|བོད་སྐད་; br Breton|brezhoneg; bs Bosnian|bosanski; ca Catalan|català
ce Chechen|нохчийн; ceb Cebuano|Cebuano; ckb Central Kurdish|کوردیی ناوەندی; co Corsican|corsu
cs Czech|čeština; cv Chuvash|чӑвашла; cy Welsh|Cymraeg; da Danish|dansk; de German|Deutsch
dv Divehi|ދިވެހި; dz Dzongkha|རྫོང་ཁ; ee Ewe|Eʋegbe; el Greek|Ελληνικά; en English|English
eo Esperanto|Esperanto; es Spanish|español; et Estonian|eesti; eu Basque|euskara
fa Persian|فارسی; ff Fula|Pulaar; fi Finnish|suomi; fil Filipino|Filipino
fj Fijian|Na Vosa Vakaviti; fo Faroese|føroyskt; fr French|français; fy Western Frisian|Frysk
ga Irish|Gaeilge; gd Scottish Gaelic|Gàidhlig; gl Galician|galego; gn Guarani|avañeʼẽ
gu Gujarati|ગુજરાતી; gv Manx|Gaelg; ha Hausa|Hausa; haw Hawaiian|ʻŌlelo Hawaiʻi; he Hebrew|עברית
hi Hindi|हिन्दी; hmn Hmong|Hmoob; hr Croatian|hrvatski; ht Haitian Creole|kreyòl ayisyen
hu Hungarian|magyar; hy Armenian|հայերեն; ia Interlingua|interlingua; id Indonesian|Indonesia
ig Igbo|Igbo; ilo Iloko|Ilokano; io Ido|Ido; is Icelandic|íslenska; it Italian|italiano
iu Inuktitut|ᐃᓄᒃᑎᑐᑦ; ja Japanese|日本語; jv Javanese|Jawa; ka Georgian|ქართული
kab Kabyle|Taqbaylit; kk Kazakh|қазақша; kl Greenlandic|kalaallisut; km Khmer|ខ្មែរ
kmr Northern Kurdish|kurmancî; kn Kannada|ಕನ್ನಡ; ko Korean|한국어; kri Krio|Krio
ku Kurdish|kurdî; kv Komi|коми; kw Cornish|kernewek; ky Kyrgyz|кыргызча; la Latin|Latina
lb Luxembourgish|Lëtzebuergesch; lg Luganda|Luganda; li Limburgish|Limburgs; ln Lingala|lingála
lo Lao|ລາວ; lt Lithuanian|lietuvių; lv Latvian|latviešu; mai Maithili|मैथिली
mg Malagasy|Malagasy; mi Māori|te reo Māori; min Minangkabau|Minangkabau
mk Macedonian|македонски; ml Malayalam|മലയാളം; mn Mongolian|монгол; mr Marathi|मराठी
ms Malay|Melayu; mt Maltese|Malti; my Burmese|မြန်မာ; ne Nepali|नेपाली; nl Dutch|Nederlands
nb Norwegian Bokmål|norsk bokmål; nn Norwegian Nynorsk|norsk nynorsk; no Norwegian|norsk
ny Nyanja|Chichewa; oc Occitan|occitan; om Oromo|Oromoo; or Odia|ଓଡ଼ିଆ; os Ossetic|ирон
pa Punjabi|ਪੰਜਾਬੀ; pap Papiamento|Papiamentu; pcm Nigerian Pidgin|Naijíriá Píjin
pl Polish|polski; pnb Western Punjabi|پنجابی; prs Dari|دری; ps Pashto|پښتو
pt Portuguese|português; qu Quechua|Runasimi; rm Romansh|rumantsch; rn Rundi|Ikirundi
ro Romanian|română; ru Russian|русский; rw Kinyarwanda|Ikinyarwanda; sa Sanskrit|संस्कृतम्
sah Yakut|саха тыла; sc Sardinian|sardu; scn Sicilian|sicilianu; sco Scots|Scots; sd Sindhi|سنڌي
se Northern Sami|davvisámegiella; sg Sango|Sängö; sh Serbo-Croatian|srpskohrvatski
si Sinhala|සිංහල; sk Slovak|slovenčina; sl Slovenian|slovenščina; sm Samoan|Gagana Sāmoa
sn Shona|chiShona; so Somali|Soomaali; sq Albanian|shqip; sr Serbian|српски; ss Swati|siSwati
st Southern Sotho|Sesotho; su Sundanese|Basa Sunda; sv Swedish|svenska; sw Swahili|Kiswahili
ta Tamil|தமிழ்; te Telugu|తెలుగు; tg Tajik|тоҷикӣ; th Thai|ไทย; ti Tigrinya|ትግርኛ
tk Turkmen|türkmen dili; tl Tagalog|Tagalog; tn Tswana|Setswana; to Tongan|lea fakatonga
tpi Tok Pisin|Tok Pisin; tr Turkish|Türkçe; ts Tsonga|Xitsonga; tt Tatar|татар; tw Twi|Twi
ug Uyghur|ئۇيغۇرچە; uk Ukrainian|українська; ur Urdu|اردو; uz Uzbek|oʻzbekcha
ve Venda|Tshivenḓa; vec Venetian|veneto; vi Vietnamese|Tiếng Việt; wa Walloon|walon
war Waray|Winaray; wo Wolof|Wolof; wuu Wu Chinese|吴语; xh Xhosa|IsiXhosa; yi Yiddish|ייִדיש
yo Yoruba|Èdè Yorùbá; yue Cantonese|粵語; zh Chinese|中文; zu Zulu|isiZulu
"""


def _table(text: str) -> dict[str, tuple[str, str]]:
    entries = (entry.strip() for line in text.strip().splitlines() for entry in line.split(";"))
    names = {}
    for entry in entries:
        code, both = entry.split(" ", 1)
        english, own = both.split("|")
        names[code] = (english, own)
    return names


LANGUAGE_NAMES: dict[str, tuple[str, str]] = _table(_NAMES) | {UNDETERMINED: ("Undetermined", "")}
"""Code: (name in English, name in the language itself)."""


def language_name(code: str | None, own: bool = False) -> str:
    """Return the name of a language code in the interface language, with its own name after a dot if ``own``.

    A region or script is kept ("pt-BR" is "Portuguese (BR)"); an unknown code is returned as it is.
    """
    base, _, rest = (code or UNDETERMINED).replace("_", "-").partition("-")
    english, native = LANGUAGE_NAMES.get(base.lower(), (base, ""))
    named = named_language(base.lower(), english)
    suffix = f" ({rest})" if rest else ""
    shown = f"{named}{suffix}"
    return f"{shown} · {native}" if own and native and native.casefold() != named.casefold() else shown
