//! The toy language, as one table: words with their English forms, and patterns of sentences.
//!
//! English is written in wordpieces: `walk ##ed` is one word of two pieces. Forms stand between
//! bars: of a verb `base | with s | past | participle | with ing`, of a noun `one | several` and,
//! where it differs, `| without a measure word`, of a pronoun `subject | object`.
//!
//! In a pattern, words in capitals are parts, everything else is said as it stands. The same part
//! stands once on each side, and the order of the sides is what crosses. `X?` may be left out,
//! `X:past` asks for a form, `X@SUBJ` agrees with the subject, and so do `be`, `was` and `have`.
//! `*` stands for one verb of [`VERBS`] at a time: `NP*` are the things that this verb is done to.

/// Who can be spoken of by a pronoun, and how a verb agrees: 1 for I, 2 for several and you, 3 for
/// one other.
pub const PRONOUNS: &[(&str, &str, u8)] = &[
    ("我", "I | me", 1),
    ("你", "you", 2),
    ("他", "he | him", 3),
    ("她", "she | her", 3),
    ("我们", "we | us", 2),
    ("他们", "they | them", 2),
];

/// People by their names.
pub const NAMES: &[(&str, &str)] = &[
    ("小明", "Xiao ##ming"),
    ("小红", "Xiao ##hong"),
    ("小王", "Xiao ##wang"),
    ("李医生", "Doctor Li"),
    ("王医生", "Doctor Wang"),
];

/// People by what they are.
pub const PEOPLE: &[(&str, &str)] = &[
    ("老师", "teacher | teacher ##s"),
    ("学生", "student | student ##s"),
    ("医生", "doctor | doctor ##s"),
    ("孩子", "child | child ##ren"),
    ("男孩", "boy | boy ##s"),
    ("女孩", "girl | girl ##s"),
];

/// When; these go with what is over (了).
pub const PAST: &[(&str, &str)] = &[
    ("昨天", "yesterday"),
    ("昨天早上", "yesterday morning"),
    ("昨天下午", "yesterday after ##noon"),
    ("昨天晚上", "last night"),
    ("今天早上", "this morning"),
];

/// When; these go with what is to come (会).
pub const FUTURE: &[(&str, &str)] = &[
    ("明天", "tomorrow"),
    ("明天早上", "tomorrow morning"),
    ("明天下午", "tomorrow after ##noon"),
    ("今天晚上", "to ##night"),
];

/// Where one can be outside.
pub const OUTSIDE: &[(&str, &str)] =
    &[("公园里", "in the park"), ("花园里", "in the garden"), ("车站", "at the station")];

/// Where one can be inside.
pub const INSIDE: &[(&str, &str)] = &[
    ("家里", "at home"),
    ("房间里", "in the room"),
    ("教室里", "in the class ##room"),
    ("图书馆里", "in the library"),
    ("医院里", "in the hospital"),
    ("学校里", "in the school"),
];

/// Where things are sold.
pub const MARKETS: &[(&str, &str)] =
    &[("商店里", "in the shop"), ("北京", "in Beijing"), ("上海", "in Shanghai")];

/// Where one can go.
pub const GOALS: &[(&str, &str)] = &[
    ("公园", "the park"),
    ("花园", "the garden"),
    ("车站", "the station"),
    ("图书馆", "the library"),
    ("医院", "the hospital"),
    ("学校", "the school"),
    ("商店", "the shop"),
    ("北京", "Beijing"),
    ("上海", "Shanghai"),
];

/// Where things can be put.
pub const SPOTS: &[(&str, &str)] = &[
    ("桌子上", "on the table"),
    ("椅子上", "on the chair"),
    ("包里", "in the bag"),
    ("车里", "in the car"),
    ("房间里", "in the room"),
];

/// Numbers of several things.
pub const NUMBERS: &[(&str, &str)] = &[("两", "two"), ("三", "three"), ("四", "four")];

/// Colours, said with 色的.
pub const COLOURS: &[(&str, &str)] = &[
    ("红", "red"),
    ("白", "white"),
    ("黑", "black"),
    ("蓝", "blue"),
    ("绿", "green"),
    ("黄", "yellow"),
];

/// What is said right before a noun.
pub const SIZES: &[(&str, &str)] = &[("大", "big"), ("小", "small"), ("新", "new"), ("旧", "old")];

/// Things: Chinese | measure word | English | what they may be.
pub const NOUNS: &[(&str, &str, &str, &str)] = &[
    ("苹果", "个", "apple | apple ##s", "红绿大小"),
    ("鸡蛋", "个", "egg | egg ##s", "白大小"),
    ("橙子", "个", "orange | orange ##s", "大小"),
    ("蛋糕", "块", "piece of cake | piece ##s of cake | cake", ""),
    ("茶", "杯", "cup of tea | cup ##s of tea | tea", ""),
    ("咖啡", "杯", "cup of coffee | cup ##s of coffee | coffee", ""),
    ("水", "杯", "glass of water | glass ##es of water | water", ""),
    ("牛奶", "杯", "glass of milk | glass ##es of milk | milk", ""),
    ("书", "本", "book | book ##s", "红白黑蓝绿黄大小新旧"),
    ("信", "封", "letter | letter ##s", "旧"),
    ("报纸", "张", "news ##paper | news ##paper ##s", "新旧"),
    ("电影", "部", "film | film ##s", "新"),
    ("毛衣", "件", "sweat ##er | sweat ##er ##s", "红白黑蓝绿黄大小新旧"),
    ("衬衫", "件", "shirt | shirt ##s", "红白黑蓝绿黄大小新旧"),
    ("裙子", "条", "skirt | skirt ##s", "红白黑蓝绿黄新旧"),
    ("帽子", "顶", "hat | hat ##s", "红白黑蓝绿黄大小新旧"),
    ("雨伞", "把", "um ##bre ##lla | um ##bre ##lla ##s", "红黑蓝绿黄大小新旧"),
    ("照片", "张", "photo | photo ##s", "大小新旧"),
    ("花", "朵", "flower | flower ##s", "红白蓝黄大小"),
    ("包", "个", "bag | bag ##s", "红白黑蓝绿黄大小新旧"),
    ("杯子", "个", "cup | cup ##s", "红白黑蓝绿黄大小新旧"),
    ("桌子", "张", "table | table ##s", "白黑大小新旧"),
    ("椅子", "把", "chair | chair ##s", "红白黑绿大小新旧"),
    ("自行车", "辆", "bi ##cycle | bi ##cycle ##s", "红白黑蓝绿新旧"),
    ("车", "辆", "car | car ##s", "红白黑蓝大小新旧"),
    ("门", "扇", "door | door ##s", "红白黑蓝绿大小"),
    ("猫", "只", "cat | cat ##s", "白黑黄大小"),
    ("狗", "只", "dog | dog ##s", "白黑黄大小"),
    ("鸟", "只", "bird | bird ##s", "红白黑蓝绿黄大小"),
    ("鱼", "条", "fish", "红白黑黄大小"),
    ("马", "匹", "horse | horse ##s", "白黑大小"),
];

/// What is done to things: Chinese | English | in which patterns | where | to what. The patterns are
/// those of [`SENTENCES`]; 店 is for what one goes to a shop for, 这 is for verbs of what is there
/// already, unlike 写, and 的 for those that say in a relative clause which thing is meant.
pub const VERBS: &[(&str, &str, &str, &str, &str)] = &[
    (
        "吃",
        "eat | eat ##s | ate | eat ##en | eat ##ing",
        "了在着过会把这",
        "ANY",
        "苹果 鸡蛋 橙子 蛋糕",
    ),
    (
        "喝",
        "drink | drink ##s | drank | drunk | drink ##ing",
        "了在着过会把这",
        "ANY",
        "茶 咖啡 水 牛奶",
    ),
    ("看", "read | read ##s | read | read | read ##ing", "了在着过会这", "ANY", "书 信 报纸"),
    (
        "看",
        "watch | watch ##es | watch ##ed | watch ##ed | watch ##ing",
        "了在过会这",
        "IN",
        "电影",
    ),
    ("写", "write | write ##s | wrote | writ ##ten | writ ##ing", "了在会的", "IN", "书 信"),
    (
        "画",
        "draw | draw ##s | drew | draw ##n | draw ##ing",
        "了在会",
        "ANY",
        "花 杯子 猫 狗 鸟 鱼 马",
    ),
    (
        "洗",
        "wash | wash ##es | wash ##ed | wash ##ed | wash ##ing",
        "了在过会把这",
        "HOME",
        "苹果 杯子 毛衣 衬衫 裙子 狗 车",
    ),
    (
        "买",
        "buy | buy ##s | bought | bought | buy ##ing",
        "了在过会的这店",
        "MARKET",
        "苹果 鸡蛋 橙子 蛋糕 茶 咖啡 牛奶 书 报纸 毛衣 衬衫 裙子 帽子 雨伞 花 包 杯子 桌子 椅子 自行车 车 猫 狗 鸟 鱼 马",
    ),
    (
        "卖",
        "sell | sell ##s | sold | sold | sell ##ing",
        "了会把这",
        "MARKET",
        "书 桌子 椅子 自行车 车 猫 狗 鸟 马",
    ),
    (
        "找到",
        "find | find ##s | found | found | find ##ing",
        "了会把的这",
        "ANY",
        "书 信 照片 帽子 雨伞 包 杯子 猫 狗",
    ),
    (
        "打开",
        "open | open ##s | open ##ed | open ##ed | open ##ing",
        "了会把的这",
        "HOME",
        "门 信 包",
    ),
    ("关上", "close | close ##s | close ##d | close ##d | clos ##ing", "会把这", "HOME", "门"),
    ("穿", "wear | wear ##s | wore | wor ##n | wear ##ing", "着过这", "ANY", "毛衣 衬衫 裙子"),
    ("戴", "wear | wear ##s | wore | wor ##n | wear ##ing", "着过这", "ANY", "帽子"),
    (
        "拿",
        "hold | hold ##s | held | held | hold ##ing",
        "着放这",
        "ANY",
        "书 信 报纸 照片 雨伞 花 包 杯子",
    ),
    ("抱", "carry | carri ##es | carri ##ed | carri ##ed | carry ##ing", "着过这", "ANY", "猫 狗"),
    ("骑", "ride | ride ##s | rode | rid ##den | rid ##ing", "了在着过会这", "OUT", "自行车 马"),
];

/// What is done without a thing: Chinese | its second half, which follows the aspect | English.
pub const ACTIONS: &[(&str, &str, &str)] = &[
    ("唱", "歌", "sing | sing ##s | sang | sung | sing ##ing"),
    ("跳", "舞", "dance | dance ##s | dance ##d | dance ##d | danc ##ing"),
    ("跑", "步", "run | run ##s | ran | run | run ##ning"),
    ("睡", "觉", "sleep | sleep ##s | slept | slept | sleep ##ing"),
    ("哭", "", "cry | cri ##es | cri ##ed | cri ##ed | cry ##ing"),
    ("笑", "", "laugh | laugh ##s | laugh ##ed | laugh ##ed | laugh ##ing"),
    ("工作", "", "work | work ##s | work ##ed | work ##ed | work ##ing"),
];

/// How one can be somewhere (着).
pub const POSTURES: &[(&str, &str)] = &[
    ("坐", "sit | sit ##s | sat | sat | sit ##ting"),
    ("站", "stand | stand ##s | stood | stood | stand ##ing"),
    ("等", "wait | wait ##s | wait ##ed | wait ##ed | wait ##ing"),
];

/// A noun with what stands around it: which | Chinese | English | how often. `M` is the noun's
/// measure word, and `ADJ` what it may be.
pub const PHRASES: &[(&str, &str, &str, f32)] = &[
    ("ONE", "一 M ADJ NOUN", "a ADJ NOUN:one", 4.0),
    ("ONE", "NUMBER M ADJ NOUN", "NUMBER ADJ NOUN:several", 2.0),
    ("THAT", "这 M ADJ NOUN", "this ADJ NOUN:one", 2.0),
    ("THAT", "那 M ADJ NOUN", "that ADJ NOUN:one", 2.0),
    ("THAT", "这 NUMBER M ADJ NOUN", "these NUMBER ADJ NOUN:several", 0.7),
    ("THAT", "那 NUMBER M ADJ NOUN", "those NUMBER ADJ NOUN:several", 0.7),
    ("BARE", "NOUN", "the NOUN:bare", 1.0),
];

/// Relative clauses by the verb inside, which hang on a noun: Chinese | English | how often.
pub const CLAUSES: &[(&str, &str, f32)] = &[
    ("WHO VERB* 的 ADJ NOUN", "the ADJ NOUN:bare that WHO VERB*:past", 2.0),
    ("WHO 昨天 VERB* 的 ADJ NOUN", "the ADJ NOUN:bare that WHO VERB*:past yesterday", 1.0),
    ("WHO PLACE* VERB* 的 ADJ NOUN", "the ADJ NOUN:bare that WHO VERB*:past PLACE*", 0.7),
];

/// What a noun may be: Chinese | English | how often.
pub const ADJECTIVES: &[(&str, &str, f32)] = &[
    ("", "", 4.0),
    ("COLOUR 色的", "COLOUR", 2.0),
    ("SIZE", "SIZE", 1.5),
    ("COLOUR 色的 SIZE", "SIZE COLOUR", 0.8),
];

/// Parts of sentences: which | Chinese | English | how often. Relative clauses have a `的`.
pub const PARTS: &[(&str, &str, &str, f32)] = &[
    ("WHO", "PRONOUN", "PRONOUN", 4.0),
    ("WHO", "NAME", "NAME", 2.0),
    ("WHO", "PERSON", "the PERSON:one", 4.0),
    ("WHOEVER", "WHO", "WHO", 10.0),
    ("WHOEVER", "这个 PERSON", "this PERSON:one", 1.0),
    ("WHOEVER", "那个 PERSON", "that PERSON:one", 1.0),
    ("WHOEVER", "PERSON 们", "the PERSON:several", 1.5),
    ("WHOEVER", "那 NUMBER 个 PERSON", "those NUMBER PERSON:several", 0.8),
    ("SUBJ", "WHOEVER", "WHOEVER", 14.3),
    ("SUBJ", "POSTURE ANY 的 PERSON", "the PERSON:one who is POSTURE:ing ANY", 1.0),
    ("SUBJ", "HOLDING 的 PERSON", "the PERSON:one who is HOLDING", 1.5),
    ("OUT", "在 OUTSIDE", "OUTSIDE", 1.0),
    ("IN", "在 INSIDE", "INSIDE", 1.0),
    ("HOME", "在家里", "at home", 1.0),
    ("HOME", "在花园里", "in the garden", 1.0),
    ("HOME", "在房间里", "in the room", 1.0),
    ("MARKET", "在 SHOP", "SHOP", 1.0),
    ("ANY", "OUT", "OUT", 1.0),
    ("ANY", "IN", "IN", 1.5),
];

/// Parts of sentences that depend on the verb: in which pattern | which | Chinese | English | how
/// often. `CLAUSE*` is a thing of this verb in a relative clause of another one.
pub const PARTS_OF_VERBS: &[(&str, &str, &str, &str, f32)] = &[
    ("", "NP*", "ONE*", "ONE*", 4.0),
    ("这", "NP*", "DEF*", "DEF*", 3.0),
    ("这", "DEF*", "THAT*", "THAT*", 3.0),
    ("这", "DEF*", "CLAUSE*", "CLAUSE*", 2.0),
    ("着", "HOLDING", "VERB* 着 ONE*", "VERB*:ing ONE*", 1.0),
];

/// Whole sentences: in which pattern of verbs | Chinese | English | how often.
pub const SENTENCES: &[(&str, &str, &str, f32)] = &[
    // What is over.
    ("了", "SUBJ PAST? PLACE*? VERB* 了 NP*", "SUBJ VERB*:past NP* PLACE*? PAST?", 12.0),
    ("了", "PAST WHOEVER PLACE*? VERB* 了 NP*", "WHOEVER VERB*:past NP* PLACE*? PAST", 4.0),
    ("", "SUBJ PAST? ANY? DID", "SUBJ DID:past ANY? PAST?", 3.0),
    ("", "SUBJ PAST? 去了 GOAL", "SUBJ went to GOAL PAST?", 2.0),
    (
        "店",
        "SUBJ PAST? 去商店 VERB* 了 ONE*",
        "SUBJ went to the shop and VERB*:past ONE* PAST?",
        1.5,
    ),
    // What goes on.
    ("在", "SUBJ 正在 VERB* ONE*", "SUBJ be@SUBJ VERB*:ing ONE*", 3.0),
    ("在", "SUBJ 现在正在 VERB* NP*", "SUBJ be@SUBJ VERB*:ing NP* now", 1.5),
    ("在", "SUBJ 正 PLACE* VERB* ONE*", "SUBJ be@SUBJ VERB*:ing ONE* PLACE*", 3.0),
    ("", "SUBJ 正在 ACTION", "SUBJ be@SUBJ ACTION:ing", 1.0),
    ("", "SUBJ 正 ANY ACTION", "SUBJ be@SUBJ ACTION:ing ANY", 2.0),
    ("着", "SUBJ PLACE*? VERB* 着 NP*", "SUBJ be@SUBJ VERB*:ing NP* PLACE*?", 6.0),
    ("", "SUBJ ANY POSTURE 着", "SUBJ be@SUBJ POSTURE:ing ANY", 2.0),
    // What one has known.
    ("过", "SUBJ VERB* 过 DEF*", "SUBJ have@SUBJ VERB*:done DEF*", 5.0),
    ("", "SUBJ 去过 GOAL", "SUBJ have@SUBJ been to GOAL", 1.5),
    ("", "SUBJ ANY? DONE", "SUBJ have@SUBJ DONE:done ANY?", 2.0),
    // What is to come, and what is wished for.
    ("会", "SUBJ FUTURE 会 PLACE*? VERB* NP*", "SUBJ will VERB*:base NP* PLACE*? FUTURE", 4.0),
    (
        "会",
        "FUTURE WHOEVER 会 PLACE*? VERB* NP*",
        "WHOEVER will VERB*:base NP* PLACE*? FUTURE",
        2.0,
    ),
    ("", "SUBJ FUTURE 会 ANY? ACTION", "SUBJ will ACTION:base ANY? FUTURE", 1.5),
    ("", "SUBJ FUTURE 会去 GOAL", "SUBJ will go to GOAL FUTURE", 1.5),
    ("会", "SUBJ WANT PLACE*? VERB* NP*", "SUBJ WANT@SUBJ to VERB*:base NP* PLACE*?", 3.0),
    ("", "SUBJ WANT ANY? ACTION", "SUBJ WANT@SUBJ to ACTION:base ANY?", 1.5),
    ("", "SUBJ WANT 去 GOAL", "SUBJ WANT@SUBJ to go to GOAL", 1.0),
    ("", "SUBJ LIKE ACTION", "SUBJ LIKE@SUBJ ACTION:ing", 1.5),
    ("", "SUBJ LIKE WHO", "SUBJ LIKE@SUBJ WHO:object", 1.0),
    ("了", "SUBJ LIKE DEF*", "SUBJ LIKE@SUBJ DEF*", 4.0),
    // What is done with a thing, and what is done to it.
    ("把", "SUBJ PAST? 把 BARE* VERB* 了", "SUBJ VERB*:past BARE* PAST?", 2.5),
    ("把", "SUBJ PAST? 把 DEF* VERB* 了", "SUBJ VERB*:past DEF* PAST?", 4.0),
    ("放", "SUBJ PAST? 把 DEF* 放在了 SPOT", "SUBJ put DEF* SPOT PAST?", 2.0),
    ("放", "SUBJ PAST? 把 BARE* 放在了 SPOT", "SUBJ put BARE* SPOT PAST?", 2.0),
    ("把", "BARE* PAST? 被 SUBJ VERB* 了", "BARE* was@BARE* VERB*:done by SUBJ:object PAST?", 3.0),
    ("把", "DEF* PAST? 被 SUBJ VERB* 了", "DEF* was@DEF* VERB*:done by SUBJ:object PAST?", 5.0),
];

/// The shortest sentences, for models that have seconds to learn: some of the whole language.
pub const SHORT: &[(&str, &str, f32)] = &[
    ("PRONOUN DID", "PRONOUN DID:past", 1.0),
    ("PRONOUN LIKE ACTION", "PRONOUN LIKE@PRONOUN ACTION:ing", 1.0),
];

/// Verbs that are said before another.
pub const BEFORE: &[(&str, &str, &str)] =
    &[("WANT", "想", "want | want ##s"), ("LIKE", "喜欢", "like | like ##s")];
