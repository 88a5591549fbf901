"""Words that stand before telephone and document numbers in many languages, and where a language is spoken."""

from __future__ import annotations

import re

_PHONE = """tel tél tlf tlp telp telf tel.no phone phones telephone cell cellphone mobile mob fone ph call
calling called dial ring text sms whatsapp whats watsap viber telegram signal imo contact contacts
fax number numbers no nos nr num reach cp contct textline telno telfs emergenza comunícate
comuníquese teléfono telefono teléfonos tfno fono celular cel móvil movil llamar llame llamen
llamando llámame llama contacto contactar comunicarse número numero números téléphone appeler
appelez appelle portable joindre contacter numéro numéros contactez telefòn rele nimewo kontakte
telefone ligue ligar zap contato chiamare chiamate chiama cellulare numeri contattare telefon handy
anrufen ruf nummer erreichbar mobil ara arayın numara numarası cep gsm iletişim тел телефон телефону
телефоны звоните позвоните номер моб дзвоніть телефонуйте номери мобильный звонить тэл тел. tilf
telefonas telefoni telefonul sunați apel număr zadzwoń zadzwon dzwoń numer telefonu hívja hívd
telefonszám hubungi telepon nomor nomer hp wa kontak tawag tawagan kontakin itext makontak điện
thoại sđt gọi liên hệ số simu piga namba nambari wasiliana telefoon bel lambar lambarka wac taleefan
soo telefonê bang hejmar τηλ τηλέφωνο τηλέφωνα κινητό καλέστε αριθμός ტელ ტელეფონი ნომერი დარეკეთ
հեռ հեռախոս զանգահարեք համար טלפון נייד התקשרו להתקשר מספר هاتف تلفون تليفون جوال موبايل واتساب اتصل
اتصلوا الاتصال رقم للتواصل تلفن تماس شماره موبایل همراه فون رابطہ نمبر رابطه पर कॉल फोन फ़ोन मोबाइल
संपर्क सम्पर्क नंबर नम्बर नं সম্পর্ক ফোন মোবাইল নম্বর যোগাযোগ কল ફોન નંબર સંપર્ક મોબાઇલ ਫੋਨ ਨੰਬਰ
संपर्कासाठी தொலைபேசி எண் அழைக்கவும் தொடர்புக்கு கைபேசி ఫోన్ నంబర్ సంప్రదించండి కాల్ ഫോൺ നമ്പർ
വിളിക്കൂ ಕರೆ ಫೋನ್ දුරකථන අංකය ስልክ ይደውሉ ቁጥር утас дугаар"""
_UNSPACED_PHONE = """电话 電話 手机 手機 联系 聯繫 致电 拨打 撥打 热线 熱線 号码 號碼 微信 携帯 連絡 番号 でんわ 전화
연락 번호 휴대폰 문의 โทร เบอร์ ติดต่อ ဖုန်း ဆက်သွယ် ទូរស័ព្ទ លេខ ទាក់ទង ໂທ ເບີ ຕິດຕໍ່"""
_DOCUMENT = """passport passports id i.d identity identification ssn social-security license licence nationality
nid nin aadhaar aadhar adhar pan cnic nic nik ktp ektp cccd cmnd cmt kimlik tckn dni nie rut run cpf
rg cnh curp rfc cédula cedula cedúla ci cin cni cie nif niss bsn pesel pps personnummer cpr codice
fiscale documento pasaporte passaporte passaporto passeport pièce carnet carte ausweis reisepass
personalausweis personalausweisnummer pass steuer-id steueridentifikationsnummer passnummer pasaport
passi pasi paspor pasport paso paspò kat паспорт паспорта серия инн снилс ид посвідчення paszport
dowód igazolvány útlevél hộ chiếu kitambulisho pasipoti जन्म आधार पासपोर्ट পাসপোর্ট এনআইডি
పాస్‌పోర్ట్ جواز هوية الهوية بطاقة شناختی شناسنامه ملی گذرنامه کارڈ پاسپورٹ דרכון זהות διαβατήριο
ταυτότητα პასპორტი անձնագիր ፓስፖርት iban account acct acc conto cuenta compte konto kontonummer bank rekening"""
_UNSPACED_DOCUMENT = """护照 護照
 身份证 身分證 證件 证件 パスポート マイナンバー 免許 여권 주민등록 주민번호 หนังสือเดินทาง
บัตรประชาชน ပတ်စပို့ နိုင်ငံကူး"""


def _cue(spaced: str, unspaced: str) -> re.Pattern[str]:
    words = "|".join(sorted(map(re.escape, dict.fromkeys(spaced.casefold().split())), key=len, reverse=True))
    others = "|".join(map(re.escape, unspaced.split()))
    # Up to three short words and signs may stand between, as in "call me at:" and "DNI número".
    return re.compile(
        rf"(?:(?<![^\W\d_])(?:{words})(?![^\W\d_])|(?:{others})\w{{0,4}})(?:[^\w]*\b\w{{1,10}}){{0,2}}[^\w]*$"
    )


PHONE_CUE = _cue(_PHONE, _UNSPACED_PHONE)
"""Finds at the end of a casefolded text the word that a telephone number follows."""
DOCUMENT_CUE = _cue(_DOCUMENT, _UNSPACED_DOCUMENT)
"""Finds at the end of a casefolded text the word that the number of a document or an account follows."""

REGIONS_OF = {
    "ar": ("EG", "SA", "IQ", "SY", "SD", "YE", "LB", "LY", "MA", "DZ", "TN", "JO", "PS", "AE"),
    "en": ("US", "GB", "IN", "PH", "PK", "NG", "KE", "AU", "NZ", "ZA"),
    "es": ("ES", "MX", "CO", "AR", "CL", "PE", "EC", "VE", "GT"),
    "fr": ("FR", "HT", "CD", "CI", "CM", "BE", "CA"),
    "pt": ("BR", "PT", "MZ"),
    "ht": ("HT",), "it": ("IT",), "tl": ("PH",), "tr": ("TR",), "de": ("DE",), "ru": ("RU", "KZ"), "uk": ("UA",),
    "hi": ("IN",), "mr": ("IN",), "gu": ("IN",), "ta": ("IN", "LK"), "te": ("IN",), "bn": ("BD", "IN"),
    "ur": ("PK",), "fa": ("IR", "AF"), "ne": ("NP",), "my": ("MM",), "th": ("TH",), "km": ("KH",), "lo": ("LA",),
    "vi": ("VN",), "id": ("ID",), "ms": ("MY",), "zh": ("CN", "TW"), "ja": ("JP",), "ko": ("KR",), "el": ("GR",),
    "he": ("IL",), "sw": ("KE", "TZ"), "am": ("ET",), "ka": ("GE",), "hy": ("AM",), "mn": ("MN",), "sq": ("AL",),
    "sr": ("RS",), "hr": ("HR",), "bg": ("BG",), "mk": ("MK",), "ro": ("RO",), "hu": ("HU",), "pl": ("PL",),
    "cs": ("CZ",), "sk": ("SK",), "sl": ("SI",), "lt": ("LT",), "lv": ("LV",), "et": ("EE",), "fi": ("FI",),
    "sv": ("SE",), "nb": ("NO",), "da": ("DK",), "nl": ("NL",), "ca": ("ES",), "gl": ("ES",), "ku": ("TR", "IQ"),
    "so": ("SO",), "ha": ("NG",),
}  # fmt: skip
"""Countries (ISO 3166) in which the telephone numbers of a language's posts are first looked for."""
