# ruff: noqa: E501  (words of double-width scripts)
"""Function words, by hand, for languages that stopwordsiso lacks or serves thinly; and words of the medium."""

from __future__ import annotations

CHAFF = """rt mt via amp http https httpurl user www com html url co bit ly tinyurl ow youtu youtube
twitter tweet tweets retweet instagram facebook fb pic status gt lt quot nbsp lol lmao omg pls plz haha
hahaha ha hehe hmm ok okay yeah yes hey hi hello im ive dont cant wont didnt doesnt isnt thats whats lets
gonna wanna gotta ur u r ya tmrw tho thx cc dm ff smh idk btw imo"""
"""Words that social media put into posts of every language."""

ENGLISH_CORE = """a about after all also am an and any are as at be because been before being but could
did do does doing down during each few for from had has have having he her here hers him his how i if in
into is it its just like me more my no nor not now of off on once only or other our out over own re s same
she should so some such t than that the their them then there these they this those through to too under
until up very was we were what when where which while who whom why will with would you your yours don
doesn didn isn aren wasn weren won wouldn couldn shouldn hasn haven hadn ll ve d m o"""
"""Function words that turn up in posts of other languages too, and the pieces that contractions leave."""

KEPT = """help helping helped need needs needed needing fire home ill area areas information problem
problems stop world state states system member members empty face call case cases order serious miss
missing young sorry thanks thank work working ayuda necesita necesitan necesito estado trabajo besoin aide
personnes pessoas precisa precisam ajuda estado bisogno aiuto persone città paese stato brauchen hilfe
nodig hulp yardım ihtiyaç butuh bantuan perlu kailangan tulong нужно помощь нужна город ребенок страна
потрібна допомога مساعدة کمک نیاز مدد ضرورت मदद जरूरत ज़रूरत 需要 帮助 救援 必要 助け 도움 필요 시간 cứu cần giúp người
ต้องการ ช่วย вода дом женщина люди улица bandar jalan polis rumah nhà cây tente uomo mann پل"""
"""Words that some lists call function words and that mean something in a crisis."""

LISTS: dict[str, str] = {
    "ht": """nan te mwen yo pou yon nou a ki pa gen li la se ak sa an sou ap ta m ka fe fè tout paske de
    ti men si e ou kay-la map anyen tan tankou poum n f w l s t k d y c epi tou vle nap ale janm pi ye ke
    kisa vin kapab kap p genyen jan lan rele lòt lot mete depi al pap dwe san anba pral ankò anko kote
    kijan kouman lè le konsa sot sòt tap pat pran bay di ba mem menm eske èske avek avè avèk pandan jiska
    anvan apre ant sèlman toujou deja poukisa konbyen oubyen oswa osinon chak kèk kek lakay non wi voye""",
    "ka": """და რომ არ ის მან შემდეგ რომელიც მაგრამ იყო ეს მისი არის მას მე თუ რაც ამ მათ როდესაც ჩვენ
    უნდა როგორც ასევე ერთი უფრო მათი ან აქვს ისინი კიდევ ს მიერ სხვა რა ძალიან ყველა იმ თავის შესახებ
    იქნება შეიძლება რადგან შორის რომლებიც რომელმაც მის გამო სანამ თავისი სადაც განმავლობაში რომელსაც რათა
    არიან იგი ჩემი დროს თქვენ მხოლოდ ვიდრე ვერ არა ყოველ რამდენიმე მეტი შენ უკვე გარეშე კი ჩვენი ერთად
    მიუხედავად ჯერ იყოს ახლა ვარ ბევრი კარგად სწორედ თითქმის ხოლო აქ იქ სად როცა ამის მისთვის მაინც ისე
    ასე უკან ქვეშ ზე ში თან""",
    "mk": """том да се не е го на во ќе што дека тоа за ми си од со ја и ли ти му ги беше сум ова многу
    како ме би треба има нема те тука тој ни само може зошто уште им таа кога сите сѐ каде нешто ѝ мене
    колку толку тебе по дали сега биде малку веќе кој јас ништо него до можеби сме пред нив никогаш повеќе
    никој а но ако баш неа секој или било така кон меѓу над под при без низ оваа овој овие тие вие ние наш
    нивни негов нејзин која кои кое бил била биле бидејќи според после потоа сепак додека откако исто таму
    меѓутоа истиот""",
    "mn": """байна нь гэж байгаа байсан болон юм ба дээр байхгүй ч болно бол уу олон дараа буй талаарх
    байх нэг та болох талаар ийн бөгөөд тэр их болсон бүх түүний авсан авах би өмнө тэрээр руу илүү дахин
    ын эсвэл дахь ямар тус нэгэн буюу хийх д г н энэ эдгээр тэд бид манай миний таны хэн юу хаана хэзээ
    яаж яагаад гэсэн гэх гэв байв биш үгүй мөн бас зэрэг учир тул болов байдаг байжээ хамт хүртэл тухай
    ууж шүү даа л ээ аа""",
    "sq": """e të i në për një nuk dhe është me nga që u ka se së më këtë do asnjë mund duke ai si tij tha
    ju ose janë por shumë nëse kjo pas ishte po ky gjatë kur vetëm tyre kanë gjitha prej kishte përpara re
    pa edhe ri gjithë atë pasi ata cili ta disa ne ajo ku çdo ndërsa saj unë ti na mos kam jam jemi jeni
    ishin qenë te tek nën mbi midis ndaj drejt këto këta ato kjo sepse megjithatë tani këtu atje
    gjithashtu asgjë dikush çfarë pse sa aq kështu deri qoftë duhet""",
    "sr": """да је се у на и то не ли за су са од ће што шта би био ти који која које како ово о све само
    кад када он ја било смо као овде али а из има могу још нешто много веома више до она тако га није може
    сада увек бити колико те ме због пре можеш већ ако сви зашто била тај где према после преко под над
    без против између него па јер док им јој му њега њој њих нас вас нам вам наш ваш њихов свој овај ова
    оне ови та тога тим чак или ни ништа никад нико неко da je se u na i to ne li za su sa od će što šta
    bi bio ti koji koja koje kako ovo o sve samo kad kada on ja bilo smo kao ovde ali a iz ima mogu još
    nešto mnogo veoma više do ona tako ga nije može sada uvek biti koliko te me zbog pre možeš već ako svi
    zašto bila taj gde prema posle preko pod nad bez protiv između nego pa jer dok im joj mu njega njoj
    njih nas vas nam vam naš vaš njihov svoj ovaj ova one ovi ta toga tim čak ili ni ništa nikad niko neko
    sam si ste""",
    "ta": """அந்த ஒரு நான் மற்றும் என்ற ஆம் அவன் தன் இருந்து அவள் மேலும் பல என் இல் மீது உள்ள வரை அவர்கள்
    ஆனால் என்று இந்த என அது அல்லது தனது அவர் சில இருந்தது கொண்டு இது போது இதன் அதன் என்பது இருந்த இரு தான்
    ஆகும் போன்ற பிறகு இல்லை அதனால் நாம் நாங்கள் நீ நீங்கள் எங்கள் உங்கள் அவரது எந்த என்ன ஏன் எப்படி எங்கு
    எப்போது யார் எல்லா அனைத்து மிகவும் மிக கூட மட்டும் இங்கு அங்கு இப்போது அப்போது வேண்டும் முடியும்
    செய்து செய்ய வந்து பற்றி மூலம் இடையே கீழ் உடன் எனவே ஆகிய இருக்கும் இருக்கிறது உள்ளது உள்ளன வருகிறது
    கொண்ட ஆக ஐ கு ஓர் ல் ம்""",
    "te": """ఈ లో మరియు ఒక తరువాత అని నుండి ఆ కూడా చాలా ఉన్న ఇది గా యొక్క అనే ను ఉన్నాయి కొన్ని ఉంది కానీ
    లేదా ఉంటుంది నుంచి మధ్య ఏ వారు వివిధ వారి తన వరకు గురించి వంటి కు ప్రకారం ద్వారా అంటారు లోని మంది
    ఇక్కడ అనేక ఇతర ఇలా మీద తమ అన్ని చేసి కాని అంటే వలన ఉన్నది న నేను మేము మీరు నువ్వు అతను ఆమె అది అవి ఇవి
    వాళ్ళు నా మా మీ అతని ఆమెకు ఏమి ఎందుకు ఎలా ఎక్కడ ఎప్పుడు ఎవరు అప్పుడు ఇప్పుడు అక్కడ మాత్రమే ఇంకా లేదు
    కాదు ఉండి చేయడానికి చేసిన చేసే అయితే కాబట్టి అందువల్ల పై కింద తో కోసం వద్ద""",
    "am": """ላይ እና ነው ነበር ወደ ጋር ግን በ በኋላ ውስጥ የ በፊት ከ እንደ አንድ ነዉ እናም በጣም ብሏል በዚህ ይህ ያለው ሲሆን ወይም አሁን ምንም ብቻ
    ደግሞ ስለ ተናግረዋል እሱ ይችላል የሆነ አለ ብለዋል እንደሆነ ሆኖ ብዙ ያለ ጨምሮ ናቸው ድረስ ሲል በኩል ለ ስር እስከ ጀምሮ ያለውን የሆነው ማለት ብሎ ሌሎች
    ይሆናል በላይ እንዲሁም በማለት እኔ አንተ አንቺ እሷ እኛ እናንተ እነሱ ያ እነዚህ እነዚያ ማን ምን የት መቼ ለምን እንዴት ሁሉ ሁሉም እንጂ ነገር ሌላ ሌላው
    ነበሩ ነበረ አይደለም የለም ዘንድ ይህን ይህንን ያንን እንደዚህ ስለዚህ ምክንያቱም ቢሆን ቢሆንም""",
    "ti": """ናይ ኣብ ካብ እቲ እዚ ከም ምስ ብ ወይ ድማ ን ነቲ እቶም ናብ እዩ እያ እዮም እውን ግን ነዚ ነቶም ብዛዕባ ኩሉ ኩሎም ዘሎ ዘለዎም እዞም ነገር
    ሓደ ክሳብ ገለ ካልኦት ዝኾነ ኮይኑ ኔሩ ነይሩ ኣለዎ ኣሎ የለን ኣይኮነን እንተ እንተኾነ ስለ ስለዚ ግና በቲ ብምባል ኢሉ ኣነ ንሕና ንስኻ ንሱ ንሳ ንሳቶም መን
    እንታይ ኣበይ መዓስ ንምንታይ ከመይ""",
    "ne": """र छ थियो को यो लागि एक कि तर भएको ले रूपमा गरेको गर्न मा हो आफ्नो पनि छन् थिए गर्ने उहाँले
    एउटा धेरै भने भन्दा जसले उनले लाई गरिएको कुनै भयो वा हुने म त्यो गर्नुभयो भन्नुभयो जब अनुसार केही छैन
    जुन उनको गरेका गर्दै गरे गर्दा नै उसले मलाई भन्ने यसको हाम्रो यस हामीले हामी मात्र का बारेमा सक्छ भएका
    मैले भन्यो जो अर्को उसको अघि अहिले उहाँको हुन्छ के सबै भनेर देखि बढी भनी भनेको त्यहाँ तिनीहरूले हुन
    तिनीहरू गर्छ अन्य पछि जस्तो बाट सन् साथै गरी तथा एवं यी ती यसरी त्यसैले किनभने कसरी कहाँ कहिले को-को
    तपाईं तिमी ऊ उनी""",
    "si": """සහ අතර බව වන ඇති ඔහු ඇත ලෙස සඳහා කළ ය විසින් කරන මෙම වූ එය දී පැවසීය කිරීමට හි කර විය කළේය
    සමග සමඟ කිරීම නමුත් බවට තම හැකි සිටින ඔහුගේ වෙත පෙර කරයි තුළ බවයි විට වී එම ලබා කරමින් ඔවුන් පසුව සිදු
    හෝ මම නිසා මේ නැවත පසු ද වඩා ගෙන මගින් යන සිට තිබේ යැයි කිරීමේ කරනු පත් සිටි සම්බන්ධව ඔබ වේ හා පිළිබඳ
    ලද එක් පැවසුවේය බොහෝ ඔවුන්ගේ ඒ ඉතා ගැන අපට ලදී පිළිබඳව මට එහි අපි ඇය මෙසේ ඔහුට අය ක් ප් බ් ට් ම ත් න්
    එක මෙහි එසේ මෙන් නැත නැති කුමක් ඇයි කොහේද""",
    "ckb": """لە و بۆ بە کە یان ئەو هەیە وە لەگەڵ ئەم ئەگەر لەسەر بەهۆی دەکات ئەمە بێت هەموو هەروەها وەک
    وەکو دەبێت زۆر هەندێک سەر دەکرێت تر بوو هەر ئەوەی لەو لەوانەیە یاخود دەکەن کاتێک بەڵام هیچ کاتی
    ئەوانەی ئەوە کەم زۆربەی نێوان بوون لەلایەن ناو دوای تا ی پێش لەم دەربارەی ئایا من تۆ ئێمە ئێوە ئەوان
    چی کێ کوێ کەی چۆن بۆچی نەک نا بەلێ هەبوو تری ماوەی بکەن""",
    "ps": """د په او کې چې له څخه لپاره ته سره شي دا یا دي یې تر شوي کیږي هم لري وي نه هغه توګه کړي دی کوي
    که هغو کولو ترسره یو به شوې ده پر ترڅو شوی دې ډول وروسته باندې کړې پورې باید نورو لکه شته خپل یوه کړو
    تاسو څو اړه ټولو موږ شو ټول خو ډېر لامل کړئ دغه هغوی زه ته هغې دوی څوک څه چیرې کله ولې څنګه نو مګر
    بلکې یعنې ځکه پس مخکې لاندې دننه بل هر هیڅ""",
    "km": """បាន ដែល ការ និង របស់ នៅ មាន ត្រូវ ថា នៃ ក្នុង ពី នឹង នេះ ជា ហើយ ដោយ ឱ្យ អោយ អ្នក នៅក្នុង អាច
    ដើម្បី សម្រាប់ មិន វា ទៅ មួយ លើ ឬ ទេ គាត់ ពួកគេ នោះ ធ្វើ ៗ តាម គឺ គេ យើង មានការ ណា ពេល ដែរ ដល់ ដ៏
    ខ្លួន នៅពេល គឺជា ចំពោះ ប៉ុន្តែ ទី កំពុង ភាព ខ្ញុំ ទៀត ជាមួយ អំពី កាលពី ជាច្រើន យ៉ាង មក រក មុន បំផុត
    ទាំង ទាំងអស់ ជាង ក៏ ប្រសិនបើ មួយចំនួន ចូល នូវ អ្វី ហេតុអ្វី យ៉ាងណា ឯណា ពួក គ្នា ណាស់ រួច ដូច ដូចជា
    ព្រោះ""",
    "lo": """ທີ່ ຂອງ ໃນ ໄດ້ ການ ແລະ ວ່າ ຈະ ເປັນ ກັບ ມີ ຢູ່ ໃຫ້ ຜູ້ ຈາກ ບໍ່ ກ່າວ ມັນ ຄວາມ ແມ່ນ ພວກ ແຕ່ ຖືກ
    ໄປ ເພື່ອ ຫຼາຍ ນີ້ ນັ້ນ ໂດຍ ມາ ຕໍ່ ເຮົາ ເຊິ່ງ ຂ້ອຍ ໜຶ່ງ ເຮັດ ທາງ ຢ່າງ ເຈົ້າ ກັນ ຂຶ້ນ ເຖິງ ດ້ວຍ ທີ ຕົວ
    ອອກ ຍັງ ລົງ ທ່ານ ພວກເຂົາ ຕາມ ເມື່ອ ໃຊ້ ສິ່ງ ນັກ ຮັບ ຫາ ຕ້ອງ ໆ ເຂົາ ນາງ ເກີດ ເຂົ້າ ນະ ກ່ອນ ອີກ ຜ່ານ ສຸດ
    ກ່ຽວກັບ ກໍ ກໍ່ ແລ້ວ ອັນ ໄດ້ຮັບ ທັງ ຫຼື ບາງ ໃດ ຫຍັງ ໃຜ ໃສ ແນວໃດ ເພາະ ຖ້າ ເວົ້າ ສະ ປະ ສາ ອາ ລະ ຄົນ""",
    "my": """ကို သည် က မှာ များ နှင့် တွင် ရှိ ခဲ့ ၏ သော အား မှ ဟု နေ ဖြစ် ရန် ပြီး အတွက် ကြောင့် တို့ သူ
    ဒီ ထို ဤ ပါ တယ် မယ် ဘူး တဲ့ လို့ လည်း ပဲ ပေမယ့် ဒါ အဲဒီ ဘာ ဘယ် ဘယ်လို ရှင့် ခင်ဗျာ ပါသည် ပါတယ် ဖြင့်
    သို့ နဲ့ ရဲ့ တာ ခြင်း မှု တစ် ခု ဦး ရာ သည့် နိုင် လျှင် ရင် ကြ ထား လာ သွား ပေး ပြော ဆို အဖြစ် အရ အထိ
    အနေ ကျွန်တော် ကျွန်မ ငါ မင်း သင် ကျွန်ုပ် သူတို့ ကျွန်တော်တို့ အား လုံး မရှိ မဟုတ် ထဲ ပေါ် အောက် ရေး
    တွေ လေး လိုက် တော့ ချင် စေ သာ ပင် ၊ ။""",
    "ku": """ku ji û bi li di bo de ya xwe a e ew wî wan ye ser an jî ev ê ber bû got yên lê re kir her
    heye ez din wê dibe ne ve piştî dike em nav dema vê ên bike bikin tê in da me dê yê kesên be we wek
    dikin min wekî zêdetir hate hûn hene tenê te niha gelek tu du hin bûn herî bûye heta çi gel dide
    dikare hatine hemû divê heke çend nîne tune wiha çawa kî kengî çima lewma çimkî belê na jê pê tê""",
    "hy": """է և եւ որ են էր նա իր մի համար ի այն ավելի դա ես հետ նրանք կարող էին երբ որը ու հետո այս
    մասին ինչ բայց մենք ոչ եմ շատ քանի վրա թե ինչպես չի ունի այդ կողմից ին իրենց կամ առաջ նրա սա ոք նրանց
    թ մեջ ով էլ ինձ այլ սակայն պետք որպես նրան նաև ենք մինչև մեկ քան իսկ մեր ովքեր ը ամեն ընթացքում ր ըստ
    առանց մեզ որոնք յուրաքանչյուր եթե դեպի ք մոտ որպեսզի չեն ում միայն այստեղ պատճառով ասաց ասել դու դուք
    ձեր քո իմ այնտեղ ինչու որտեղ ովքեր բոլոր արդեն դեռ միշտ հիմա""",
    "et": """ta on ma ja oma oli ei kui see ütles nad mis seda kes kuid mu ära tema välja kas üle nende
    pärast sai sa mida ning läks tagasi selle või ka talle teda vastu nii olid pani pole kus läbi end väga
    tal me enne olen peale ajal meie eest ole tegi võib maha mulle üles kogu kuidas mul igal oleks kõik
    palju isa-ga nagu need ees kinni olnud üks mind jaoks olla lõi mille veel samuti sisse midagi alla jäi
    kuna iga kuni kohta kaks vaid siis siin seal et juba sest ju aga siiski mitte ainult meil teil neil
    selles sellest seega näiteks""",
    "uk": """не я він ти на що у це ви з як в мені до про його мене і й за для є можу скільки хіба тобі та
    щоб чи все її всі ще від тебе має цього вже так тому ми вас тут дуже може вам коли або бути йому нього
    цю щось був була було були добре більше сказав немає а би б усі зараз вона завжди які яка який якщо
    але без під над перед після через між при по ні ані вони їх їм їхній наш ваш мій твій свій цей ця ці
    той та ті тоді там де куди звідки чому також лише тільки навіть ж же аж от ось хто нас нам собі себе
    року""",
    "mr": """आहे मी मला का नाही ते एक आणि आहेत तू तो हे या तुम्ही ती की काय आम्ही त्या त्यांना नाहीये
    तुम्हाला तुला आपण होता त्याला हा केला होते तर व ही माझ्या त्यांनी काही किती केली होतं आपल्या करू आहेस
    करत आहोत होती आता केलं असं तिला इथे माझा पण त्याने कुठे खूप यांनी आहात शकत आम्हाला तिने माझी असे
    म्हणाले झाला झाली झाले आपल्याला नाहीत त्याच्या त्यांच्या अजूनही फक्त अजून सर्व केले जे करून असेल नका
    तुझी काहीही पुन्हा करतो माझं कोण तसं तिथे मध्ये साठी वर पर्यंत कडून म्हणून असून तसेच किंवा मात्र
    यांच्या येथे""",
    "so": """oo ah ee iyo la ay ku in ka u ayaa waxa uu waxaa lagu loo si kale ama waxay laga badan soo
    aad aan ugu inay marka waa wax sida hadii taas isku ahaan sidoo markaa leh yahay yar ilaa kala inta
    hore jiraan gaar dhamaan loogu qaar kasta jira yihiin mid inuu kuwa looga iyada kaas laakiin maadaama
    inaad waxaan karaa iyadoo karo iska halka wixii ma ha waxaad anigu adigu isagu annagu iyagu maxaa
    halkee goorma sidee sababtoo kan kani tan tani""",
    "sw": """ya na wa kwa za katika vya au ni kutoka kuwa cha la kama ili ikiwa kwenye zaidi baada hii
    huduma-za pamoja wakati ambao moja hadi kuhusu walio sababu kwamba pia huu kila kati hivyo yako ambayo
    baadhi kupitia lakini juu sana kutumia kulingana vile hivi miongoni kuna mwa hizi kutokana ajili
    kwanza hiyo hayo hao huo yake wake yangu wangu yetu wetu yao wao mimi wewe yeye sisi ninyi nini nani
    wapi lini vipi kwanini bado tu tena sasa hapa huko hapo bila mara ambapo ambaye alikuwa ilikuwa
    walikuwa""",
    "ja": """的 者 氏 ください ます ました ません います いる ある です でした という ため こと もの それ これ あれ そこ ここ どこ から まで より など ので のに けど
    けれど でも しかし また そして さらに なる なり なった する して した しました します された される ない なく ている てる さん そう よう ところ みたい だけ しか ほど くらい
    ぐらい""",
    "hi": """है हैं हूँ हूं था थी थे में की के को का और यह वह ये वे इस उस इन उन से पर ने भी कि जो तो ही हो
    लिए लिये एक अब जब तब मैं मुझे मेरा मेरी मेरे हम हमें हमारा हमारे तुम आप आपका आपके उसने उन्होंने उन्हें
    उनके उनका उनकी उसके उसकी उसका इसके इसकी इसका अपने अपना अपनी गया गई गए रहा रही रहे कर करने करना किया
    करते करता हुआ हुई हुए होने होता होती होते दिया दी साथ बाद पहले तक बहुत कुछ सभी सब कोई किसी नहीं न मत
    क्या क्यों कैसे कहाँ कहां कब कौन वाले वाली वाला जैसे द्वारा तथा या अगर लेकिन मगर फिर यहाँ वहाँ""",
    "ko": """라고 있는 그는 있습니다 것을 그의 위해 대한 것입니다 있다고 때문 지난 그가 이후 그것 따르면 그녀 위한 하는 했다 합니다 하고 하지만 그리고 그러나 또한 이번 우리
    저는 나는 너무 정말 지금 오늘 수 것 등 및 더 이 그 저 중 때 안 못 있다 없다 없는 했습니다 됩니다 된다 되는 말했습니다 말했다""",
    "tl": """si nang noong mas pag nasa naman kay lang pang ngunit ay ang ng sa na mga ni at po ba pa rin
    din daw raw kasi yung iyon ito dito doon siya niya sila nila kami namin tayo natin ako ko mo ka kayo
    ninyo hindi huwag wala may mayroon kung kapag para dahil upang bago muli lahat isang isa ano sino saan
    kailan bakit paano talaga nga eh naku ung yun lng""",
    "th": """ครับ ค่ะ คะ นะ นะคะ นะครับ ความ การ ที่ ใน และ ของ เป็น มี ได้ ให้ จะ ไม่ ว่า กับ แต่ ก็ จาก
    โดย อยู่ แล้ว นี้ นั้น มา ไป ๆ""",
    "zh": """转发 微博 回复 网页 链接 的 了 是 在 和 有 就 不 人 都 一 上 也 很 到 说 要 去 你 会 着 没有 看 好 自己 这 那 们 我们 你们 他们 她们 它们 這 個 們
    來 說 會 沒有 為 與 對 於 從 過 還 這個 那個 什麼 怎麼 嗎 呢 吧 啊""",
    "gl": """unha dunha nunha ao aos á ás polo pola polos polas cun cunha do da dos das no na nos nas non
    é son foi ser está están estaba xa máis moi tamén pero como cando onde quen que se me te lle lles o a
    os as un uns unhas este esta estes estas ese esa isto iso aquilo meu miña teu túa seu súa seus súas
    noso nosa hai ten teñen""",
    "ha": """da a na ta ya ba ne ce shi ita su mu ku ni kai ke wannan wancan wata wani wasu duk kuma amma
    ko don domin saboda cikin kan daga zuwa tare bayan kafin yayin lokacin inda yadda wanda wadda waɗanda
    wadanda an za zai zan sun sai har ma kawai sosai akwai babu shine ita-ce game""",
    "sd": """۾ جي جو جا کي آهي آهن ۽ سان تي مان هن هو هي اهو اها انهن تہ ته به پر لاءِ کان ڪري ڪيو ويو وئي
    هئي هئا ڪو ڪا نه اسان توهان""",
    "pa": """ਦੇ ਦੀ ਦਾ ਵਿੱਚ ਵਿਚ ਨੂੰ ਹੈ ਹਨ ਅਤੇ ਤੇ ਨੇ ਇਹ ਉਹ ਇਸ ਉਸ ਕਿ ਜੋ ਤੋਂ ਨਾਲ ਲਈ ਵੀ ਨਹੀਂ ਸੀ ਸਨ ਗਿਆ ਗਈ ਕਰ
    ਕੀਤਾ ਹੋ ਰਿਹਾ ਰਹੇ ਇੱਕ ਇਕ ਆਪਣੇ ਤੱਕ ਪਰ ਜਾਂ ਕੀ ਸਾਡੇ ਤੁਸੀਂ ਅਸੀਂ ਮੈਂ""",
    "kn": """ಮತ್ತು ಈ ಒಂದು ಆ ಅವರು ಇದು ಎಂದು ಹಾಗೂ ಇದೆ ಅಥವಾ ಮೇಲೆ ನಂತರ ಎಂಬ ತಮ್ಮ ಅವರ ಇಲ್ಲ ನಾನು ನಾವು ನೀವು ಅವನು
    ಅವಳು ಅದು ಆದರೆ ಬಗ್ಗೆ ಕೂಡ ಕೇವಲ ಎಲ್ಲಾ ಹೆಚ್ಚು ಬಹಳ ಯಾವ ಏನು ಏಕೆ ಹೇಗೆ ಎಲ್ಲಿ ಯಾವಾಗ ಅಲ್ಲಿ ಇಲ್ಲಿ ಆಗ ಈಗ ಮೂಲಕ ಜೊತೆ
    ಇತ್ತು ಆಗಿದೆ""",
    "ml": """ഒരു ഈ ആ എന്ന എന്നാൽ എന്നും ഇത് അത് അവർ അവൻ അവൾ ഞാൻ ഞങ്ങൾ നിങ്ങൾ നാം കൂടി മാത്രം വളരെ എല്ലാ
    അല്ലെങ്കിൽ പക്ഷേ പിന്നെ ശേഷം മുമ്പ് വരെ നിന്ന് കൊണ്ട് വേണ്ടി കുറിച്ച് മുകളിൽ ഉണ്ട് ഇല്ല ആണ് ആയിരുന്നു
    ചെയ്തു എന്ത് എവിടെ എപ്പോൾ എങ്ങനെ ആര്""",
    "or": """ଏବଂ ଏହି ଏକ ସେ ଏହା କରି ପାଇଁ ହୋଇ ଥିଲା ଅଛି ନାହିଁ ମଧ୍ୟ ସହ ଉପରେ ପରେ ପୂର୍ବରୁ ବୋଲି କିନ୍ତୁ କିମ୍ବା ଯେ
    ଯାହା ତାଙ୍କ ଆମେ ମୁଁ ଆପଣ""",
}
"""By language code, words apart by white space; they add to those of stopwordsiso."""
