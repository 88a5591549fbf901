"""Column names by role, in the languages and exports that posts come from; data only, best first.

Sources of the names: Twitter/X API v1 and v2 and archives, twarc, CrowdTangle, Meta Content Library,
YouTube Data API, Telegram and Telethon exports, Weibo crawls, Reddit (Pushshift, PRAW), Mastodon,
Bluesky, 4CAT, Kobo/ODK and Google forms, and the usual data sets of crisis tweets and messages.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_NAMES: dict[str, str] = {
    "text": """
        full_text text tweet_text post_text message_text comment_text tweet_full_text tweet message
        post_message text_original text_display body selftext content post_content note_tweet_text
        record_text comment post commit_text snippet_text_display top_level_comment_snippet_text_display
        caption description_text raw_text original_text clean_text sms sms_text message_body news_text
        report report_text narrative response answer feedback sentence utterance tweets posts messages
        comments title headline story description texto mensaje mensagem contenido conteudo comentario
        publicacion publicacao tuit texte contenu commentaire publication inhalt nachricht beitrag
        kommentar testo messaggio contenuto teks pesan isi kicauan metin mesaj icerik gonderi yorum
        текст сообщение содержание комментарий пост текст_сообщения повідомлення نص النص رسالة الرسالة
        المحتوى تغريدة التغريدة متن پیام محتوا پیغام 正文 微博正文 内容 微博内容 文本 文字 全文 內容
        貼文 本文 テキスト 投稿 投稿内容 ツイート 내용 본문 텍스트 메시지 पाठ संदेश लेख বার্তা পাঠ্য
        লেখা உரை செய்தி ข้อความ เนื้อหา nội_dung tin_nhắn ujumbe maandishi mesaj_la tèks ጽሑፍ מלל טקסט
        הודעה κείμενο tekst treść wiadomość szöveg zpráva""",
    "time": """
        created_at time timestamp datetime date created_time post_created published_at publish_date
        date_utc created_utc tweet_created_at tweet_created date_time posted_at post_date post_time
        timestamp_utc unix_timestamp date_unixtime timestamp_ms timestamp_unix published pub_date
        pubdate published_time creation_time record_created_at created indexed_at submission_time today
        start received_at sent_at date_of_report report_date event_date created_on datetime_utc
        tweet_time snippet_published_at top_level_comment_snippet_published_at fecha fecha_hora hora
        data data_hora criado_em date_heure heure zeit datum zeitstempel erstellt_am ora waktu tanggal
        tarih zaman дата время дата_и_время التاريخ تاريخ الوقت وقت زمان 发布时间 时间 日期 创建时间
        微博发布时间 發布時間 時間 日時 投稿日時 投稿日 作成日時 날짜 작성일 시간 작성시간 तारीख समय
        তারিখ সময় வாழ்நாள் วันที่ เวลา ngày thời_gian tarehe dat lè""",
    "id": """
        id_str tweet_id_str tweet_id id status_id status_id_str tweetid post_id postid message_id msg_id
        comment_id conversation_post_id src_id source_id record_id row_id doc_id document_id item_id
        uid_post platform_id mcl_id uri cid uuid guid identifier unique_id sms_id id_tweet instance_id
        submission_id 微博id mid bid 编号 編號 帖子id 番号 아이디 identificador identifiant kennung
        номер идентификатор المعرف معرف""",
    "author": """
        author_username username screen_name user_screen_name user_name author author_name user_username
        author_handle handle user_login account_acct account_username account account_handle
        author_display_name account_display_name page_name user_display_name display_name nickname from
        sender sender_name sender_id from_id channel_title channel_name snippet_author_display_name
        top_level_comment_snippet_author_display_name user author_id user_id user_id_str author_fullname
        owner_username profile_name name phone phone_number submitted_by enumerator autor usuario
        nombre_usuario nome_usuario auteur utilisateur benutzer verfasser autore utente penulis pengguna
        yazar kullanici kullanıcı автор пользователь الكاتب المؤلف المستخدم مستخدم نویسنده کاربر
        用户昵称 昵称 用户名 作者 博主 发布者 用戶 用戶名 ユーザー名 ユーザー 投稿者 著者 작성자 사용자
        लेखक লেখক ผู้เขียน tác_giả mwandishi otè""",
    "lang": """
        lang language tweet_lang post_lang lang_code language_code detected_language detected_lang
        lang_guess record_langs_0 record_langs langs locale iso_language_code idioma lengua lingua
        langue sprache bahasa dil язык اللغة لغة زبان 语言 語言 言語 언어 भाषा ভাষা மொழி ภาษา ngôn_ngữ
        lugha lang_lan""",
    "lat": """
        lat latitude geo_lat user_lat tweet_lat coordinates_lat location_lat location_latitude
        gps_latitude y_coord point_lat latitud lat_dd breitengrad latitudine lintang enlem широта
        خط_العرض عرض_جغرافیایی 纬度 緯度 위도 अक्षांश অক্ষাংশ ละติจูด vĩ_độ latitudo""",
    "lon": """
        lon lng long longitude geo_lon geo_lng geo_long user_lon tweet_lon coordinates_lon
        coordinates_lng location_lon location_lng location_longitude gps_longitude x_coord point_lon
        longitud lon_dd laengengrad längengrad longitudine bujur boylam долгота خط_الطول طول_جغرافیایی
        经度 經度 経度 경도 देशान्तर देशांतर দ্রাঘিমাংশ ลองจิจูด kinh_độ longitudo""",
    "pair": """
        coordinates geo_coordinates_coordinates coordinates_coordinates geo_coordinates geolocation
        latlon lat_lon lat_lng latlng latitude_longitude geopoint gps gps_coordinates
        location_coordinates geo point coords coordenadas coordonnees koordinaten koordinat координаты
        إحداثيات الإحداثيات 坐标 座標 좌표""",
    "place": """
        place geo_full_name place_full_name place_name full_place_name location place_country city town
        district region province state country country_code admin1 admin2 area address village
        municipality geo_place_name lugar ubicacion ubicación ciudad municipio pais país localidade
        cidade lieu ville endroit région pays ort stadt luogo citta città lokasi tempat kota konum yer
        sehir şehir il место город регион адрес المكان مكان الموقع موقع المدينة مدينة شهر مکان 地点 位置
        发布位置 ip属地 城市 省份 地區 地點 場所 位置情報 都市 地域 장소 위치 지역 도시 स्थान शहर স্থান
        শহর இடம் สถานที่ จังหวัด địa_điểm vị_trí thành_phố mahali mji kote vil""",
    "label": """
        label labels class category class_label text_info choose_one_category info_type information_type
        informativeness topic target annotation code crisis_related aid_type need_type need event_type
        disaster_type subreddit etiqueta categoria categoría rotulo etiquette étiquette catégorie
        kategorie etichetta kategori etiket метка категория التصنيف تصنيف الفئة فئة 标签 类别 分类 標籤
        類別 ラベル カテゴリ 레이블 분류 श्रेणी লেবেল""",
}
ROLE_NAMES: dict[str, tuple[str, ...]] = {role: tuple(names.split()) for role, names in _NAMES.items()}

_OTHERS = """
    user author account owner profile retweeted retweet quoted quote referenced reply replied entities
    includes media place parent attachment attachments card forwarded embed reblog conversation thread
    page group channel"""
OTHERS = frozenset(_OTHERS.split())
"""Words in a column's name that say it describes somebody or something else than the post itself."""
_PEOPLE = frozenset({"user", "author", "account", "owner", "profile"})


@lru_cache(maxsize=20_000)
def plain_name(name: str) -> str:
    """Return a column name with camelCase, blanks, dots and case evened out ("createdAt" -> created_at)."""
    evened = unicodedata.normalize("NFKC", name.strip().strip("_"))
    evened = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", evened).casefold()
    return re.sub(r"[\s./:\-()\[\]#,?_]+", "_", evened).strip("_")


@lru_cache(maxsize=1)
def _ranks() -> dict[str, dict[str, int]]:
    return {
        role: {plain_name(name): rank for rank, name in reversed(list(enumerate(names)))}
        for role, names in ROLE_NAMES.items()
    }


@lru_cache(maxsize=1)
def _all_names() -> frozenset[str]:
    return frozenset(name for ranks in _ranks().values() for name in ranks)


def is_known_name(name: str) -> bool:
    """Return whether a cell is a column name of some export rather than data."""
    return plain_name(name) in _all_names()


def about_others(name: str) -> bool:
    """Return whether a column speaks of the author, a reply or an attachment rather than of the post."""
    return not OTHERS.isdisjoint(plain_name(name).split("_"))


def name_score(name: str, role: str) -> float:
    """Return how well a column's name fits a role, in [0, 100]; 0 where it says nothing.

    The whole name counts most, its last part in a path ("data.text") next, a word within it least; names
    that speak of the author, a reply or an attachment do not name the post's own text, time or id.
    """
    ranks = _ranks()[role]
    whole = plain_name(name)
    if whole in ranks:
        return 100.0 - 50.0 * ranks[whole] / len(ranks)
    parts = [plain_name(part) for part in re.split(r"[./:]", name) if part.strip()]
    if role in ("text", "time", "id", "lang", "label") and about_others(name):
        return 0.0
    if role == "place" and not _PEOPLE.isdisjoint(whole.split("_")):
        return 0.0  # where an author says to live is not where the post speaks of
    if len(parts) > 1 and parts[-1] in ranks:
        return 70.0 - 30.0 * ranks[parts[-1]] / len(ranks)
    if role == "id":  # any word "id" would be too easy: follower ids, place ids
        return 0.0
    inside = [ranks[word] for word in whole.split("_") if word in ranks and len(word) > 2]
    return 40.0 - 20.0 * min(inside) / len(ranks) if inside else 0.0
