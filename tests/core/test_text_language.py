"""The language of posts: scripts, byte sequences, and what the file leads to expect."""

from __future__ import annotations

import numpy as np
import pytest

from ctse_core.text import LanguageSettings, detect_languages, tidy_code
from ctse_core.text.language_scores import byte_scores, labels
from ctse_core.text.scripts import SCRIPT_NUMBER, letters_by_script

CLEAR = {
    "en": "The river has broken its banks and the lower town is under water",
    "es": "El río se desbordó y la parte baja de la ciudad está bajo el agua",
    "fr": "La rivière a débordé et la ville basse est sous les eaux depuis ce matin",
    "pt": "O rio transbordou e a parte baixa da cidade está debaixo de água, não saiam",
    "gl": "O río desbordouse e a parte baixa da cidade está asolagada, non saian das súas casas",
    "de": "Der Fluss ist über die Ufer getreten, die Unterstadt steht unter Wasser",
    "nb": "Elva har gått over sine bredder og nedre del av byen står under vann nå",
    "ht": "Rivyè a debòde, tout kay anba dlo, nou bezwen manje ak dlo pou timoun yo",
    "ku": "Çem rabû û bajarê jêrîn di bin avê de ye, ji kerema xwe alîkarî bişînin",
    "tr": "Nehir taştı, aşağı mahalle sular altında kaldı, lütfen yardım gönderin",
    "id": "Sungai meluap karena hujan deras dan kota bagian bawah terendam, kami butuh bantuan",
    "tl": "Umapaw ang ilog at lubog sa baha ang mababang bahagi ng bayan, kailangan namin ng tulong",
    "vi": "Nước sông tràn bờ và khu phố thấp đang chìm trong nước, chúng tôi cần giúp đỡ",
    "sw": "Mto umefurika na sehemu ya chini ya mji iko chini ya maji, tunahitaji msaada",
    "ru": "Река вышла из берегов, нижняя часть города под водой, нужна помощь",
    "uk": "Річка вийшла з берегів, нижня частина міста під водою, потрібна допомога",
    "ar": "فاض النهر وغمرت المياه الجزء الأسفل من المدينة ونحتاج إلى المساعدة",
    "fa": "رودخانه طغیان کرده و بخش پایین شهر زیر آب رفته است، کمک لازم داریم",
    "ur": "دریا میں طغیانی آگئی ہے اور نچلا شہر پانی میں ڈوب گیا ہے، ہمیں مدد چاہیے",
    "ckb": "ڕووبارەکە هەستاوە و بەشی خوارەوەی شار لە ژێر ئاودایە، پێویستیمان بە یارمەتییە",
    "hi": "नदी उफान पर है और निचला शहर पानी में डूब गया है, हमें मदद चाहिए",
    "mr": "नदीला पूर आला आहे आणि खालचे शहर पाण्याखाली आहे, आम्हाला मदत हवी आहे",
    "bn": "নদী উপচে পড়েছে এবং শহরের নিচু অংশ পানির নিচে, আমাদের সাহায্য দরকার",
    "am": "ወንዙ ሞልቶ የከተማው ዝቅተኛ ክፍል በውሃ ተጥለቅልቋል፣ እርዳታ እንፈልጋለን",
    "ti": "ሩባ መሊኡ እቲ ናይ ታሕቲ ክፋል ከተማ ኣብ ትሕቲ ማይ ኣሎ፣ ሓገዝ የድልየና",
    "my": "မြစ်ရေလျှံပြီး မြို့အောက်ပိုင်း ရေမြုပ်နေသည်",
    "km": "ទន្លេហៀរហើយផ្នែកខាងក្រោមនៃទីក្រុងលិចទឹក",
    "th": "แม่น้ำเอ่อล้นและเมืองส่วนล่างจมน้ำ",
    "ka": "მდინარე ნაპირებიდან გადმოვიდა",
    "ja": "川があふれて下町が水に浸かっています",
    "zh": "河水泛滥，下城被淹，我们需要救援",
    "ko": "강이 범람해서 아랫마을이 물에 잠겼습니다",
}


def test_clear_posts_in_many_languages_are_told_right() -> None:
    codes, confidence = detect_languages(list(CLEAR.values()))
    assert dict(zip(CLEAR, codes, strict=True)) == {lang: lang for lang in CLEAR}
    assert confidence.dtype == np.float32
    assert (confidence > 0.6).all() and (confidence <= 1).all()


def test_posts_without_letters_are_undetermined() -> None:
    codes, confidence = detect_languages(["", "123 45", "🙏🙏", "https://t.co/x", "@someone 12:30", "?!"])
    assert codes == ["und"] * 6
    assert not confidence.any()


def test_no_posts_give_no_languages() -> None:
    codes, confidence = detect_languages([])
    assert codes == [] and confidence.shape == (0,)


def test_a_word_alone_is_undetermined_but_follows_the_language_of_its_file() -> None:
    assert detect_languages(["sin agua"])[0] == ["und"]
    english = [f"Shelter number {n} at the school is open and has blankets for everybody" for n in range(200)]
    codes, _ = detect_languages([*english, "sin agua"])
    assert set(codes) == {"en"}
    alone = LanguageSettings(learn_from_file=False)
    assert detect_languages([*english, "sin agua"], alone)[0][-1] == "und"


def test_a_rare_language_is_still_found_in_a_large_file_of_another() -> None:
    english = [f"Shelter number {n} at the school is open and has blankets for everybody" for n in range(3_000)]
    codes, _ = detect_languages([*english, CLEAR["ht"], CLEAR["tl"], CLEAR["my"]])
    assert codes[-3:] == ["ht", "tl", "my"]


def test_links_handles_and_hashtags_do_not_decide() -> None:
    post = "@user1 #StaySafe #Breaking los vecinos del puerto necesitan agua potable https://t.co/a #FloodAlert"
    assert detect_languages([post])[0] == ["es"]


def test_hebrew_and_english_in_one_post_is_what_most_letters_say() -> None:
    assert detect_languages(["הנהר עלה על גדותיו בלב העיר BBC News"])[0] == ["he"]
    assert detect_languages(["The mayor said 加油 to the volunteers at the northern bridge today"])[0] == ["en"]


def test_surrogates_overrides_and_a_megabyte_are_no_trouble() -> None:
    long = "Der Fluss ist über die Ufer getreten. " * 30_000
    codes, _ = detect_languages(["\ud800 \udfff", "\u202eДом разрушен, людям нужна вода\u202c и еда", long, "\x00"])
    assert codes == ["und", "ru", "de", "und"]


def test_walking_all_texts_together_gives_the_scores_of_the_model() -> None:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    model = LanguageIdentifier.from_model_file(MODEL_FILE)
    texts = [*CLEAR.values(), "HELP US", "x", ""]
    scores = byte_scores(texts)
    assert [labels()[best] for best in scores[:-1].argmax(axis=1)] == [model.classify(t)[0] for t in texts[:-1]]
    assert not scores[-1].any()


def test_letters_are_counted_by_script() -> None:
    counts = letters_by_script(["aб水1", "", "ひ🙏"])
    assert counts[0, SCRIPT_NUMBER["Latin"]] == counts[0, SCRIPT_NUMBER["Cyrillic"]] == 1
    assert counts[0, SCRIPT_NUMBER["Han"]] == counts[2, SCRIPT_NUMBER["Kana"]] == 1
    assert counts.sum() == 4


@pytest.mark.parametrize(
    ("given", "tidy"),
    [
        *[("en", "en"), ("EN-us", "en"), ("eng", "en"), ("in", "id"), ("iw", "he"), ("fil", "tl"), ("zh_TW", "zh")],
        *[("ckb", "ckb"), ("und", "und"), ("", "und"), (None, "und"), ("English", "und"), ("??", "und")],
    ],
)
def test_codes_of_files_are_tidied(given: str | None, tidy: str) -> None:
    assert tidy_code(given) == tidy
