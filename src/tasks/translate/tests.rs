use std::collections::{BTreeMap, BTreeSet};

use super::grammar::Part;
use super::*;
use crate::tasks::{Split, draw};

const TASK: Translate = Translate { sentences: Sentences::Full, longest: 20 };

#[track_caller]
fn check(chinese: &str, translation: &str) {
    let symbols: Vec<usize> =
        chinese.chars().map(|c| number(c).expect("a known character")).collect();
    let answer = english(&symbols).unwrap_or_else(|| panic!("{chinese}: {:?}", remark(&symbols)));
    let mut sequence = vec![arrow()];
    sequence.extend(answer.iter().map(|piece| arrow() + 1 + piece));
    assert_eq!(TASK.written(&Sequence::Symbols(sequence)), translation, "{chinese}");
}

#[test]
fn sentences_mean_what_they_mean() {
    check("他昨天在公园里看了一本书", "he read a book in the park yesterday");
    check("昨天他在公园里看了一本书", "he read a book in the park yesterday");
    check("我在家里看了一部新电影", "I watched a new film at home");
    check("她买了一个苹果", "she bought an apple");
    check("她买了一个红色的大苹果", "she bought a big red apple");
    check("她买了一把旧雨伞", "she bought an old umbrella");
    check("我们喝了两杯茶", "we drank two cups of tea");
    check("我正在写一封信", "I am writing a letter");
    check("孩子们正在公园里唱歌", "the children are singing in the park");
    check("老师昨天晚上跳了舞", "the teacher danced last night");
    check("小明拿着一把黑色的雨伞", "Xiaoming is holding a black umbrella");
    check("女孩在车站站着", "the girl is standing at the station");
    check("你看过这本书", "you have read this book");
    check("李医生去过北京", "Doctor Li has been to Beijing");
    check("他们明天会骑一匹白色的马", "they will ride a white horse tomorrow");
    check("我想去上海", "I want to go to Shanghai");
    check("她喜欢跳舞", "she likes dancing");
    check("她喜欢他们", "she likes them");
    check("我们喜欢那三只小猫", "we like those three small cats");
    check("他把苹果吃了", "he ate the apple");
    check("孩子昨天把茶喝了", "the child drank the tea yesterday");
    check("她把那本书放在了桌子上", "she put that book on the table");
    check("苹果被我吃了", "the apple was eaten by me");
    check("那两本书昨天被老师卖了", "those two books were sold by the teacher yesterday");
    check("他买的书被小红找到了", "the book that he bought was found by Xiaohong");
    check("我喜欢他昨天买的红色的毛衣", "I like the red sweater that he bought yesterday");
    check("戴着一顶帽子的女孩哭了", "the girl who is wearing a hat cried");
    check("坐在公园里的老师正在唱歌", "the teacher who is sitting in the park is singing");
    check(
        "学生去商店买了三条黄色的鱼",
        "the student went to the shop and bought three yellow fish",
    );
}

#[test]
fn every_drawn_sentence_is_read_back_with_one_meaning() {
    let mut random = Random::new(5, 0);
    let mut meanings: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
    let (mut used, mut written) = (BTreeSet::new(), BTreeSet::new());
    for draw in 0..20_000 {
        let tree = TASK.tree(&mut random);
        let (characters, answer) = (tree.chinese(), tree.english());
        used.extend(characters.iter().copied());
        written.extend(answer.iter().copied());
        assert!(answer.len() < LONGEST_ANSWER && characters.len() <= LONGEST);
        // Reading all ways in which a sentence can be understood takes longer than drawing it.
        if draw % 10 == 0 {
            let Reading::Known(trees) = chart::read(&characters) else {
                panic!("{}", chinese(&characters))
            };
            for other in trees {
                assert_eq!(other.english(), answer, "{}", chinese(&characters));
            }
        }
        let before = meanings.entry(characters).or_insert_with(|| answer.clone());
        assert_eq!(*before, answer);
    }
    assert_eq!(used.len(), GRAMMAR.characters.len(), "a character is never used");
    let unused: Vec<&str> =
        (0..end()).filter(|p| !written.contains(p)).map(|p| OUTPUTS[p]).collect();
    // Forms that no pattern asks for: the table gives all five of every verb.
    assert!(unused.len() < 40, "{unused:?}");
}

#[test]
fn a_sentence_that_is_held_out_is_never_drawn_for_training() {
    let mut random = Random::new(7, 0);
    let mut sources = |split: Split, count: usize| -> BTreeSet<String> {
        (0..count).map(|_| TASK.text(&draw(&TASK, &mut random, split).sequence)).collect()
    };
    let (training, held_out) = (sources(Split::Training, 20_000), sources(Split::HeldOut, 3_000));
    assert!(training.len() > 15_000 && held_out.len() > 2_500);
    assert_eq!(training.intersection(&held_out).next(), None);
}

#[test]
fn sentences_are_many_and_a_few_of_each_kind_are_drawn() {
    // Trees by their number of characters; the grammar has no recursion, so there is an end.
    fn counts(category: usize, known: &mut BTreeMap<usize, Vec<f64>>) -> Vec<f64> {
        if let Some(counts) = known.get(&category) {
            return counts.clone();
        }
        let mut all = vec![0.0; LONGEST + 1];
        for rule in &GRAMMAR.rules[category] {
            let mut ways = vec![0.0; LONGEST + 1];
            ways[0] = 1.0;
            for part in &rule.chinese {
                let next = match part {
                    Part::Character(_) => vec![0.0, 1.0],
                    Part::Category(category) => counts(*category, known),
                };
                let mut sum = vec![0.0; LONGEST + 1];
                for (a, left) in ways.iter().enumerate() {
                    for (b, right) in next.iter().enumerate().take(LONGEST + 1 - a) {
                        sum[a + b] += left * right;
                    }
                }
                ways = sum;
            }
            all.iter_mut().zip(ways).for_each(|(all, ways)| *all += ways);
        }
        known.insert(category, all.clone());
        all
    }
    let counts = counts(GRAMMAR.sentence, &mut BTreeMap::new());
    let total: f64 = counts[SHORTEST..].iter().sum();
    let short: f64 = counts[..9].iter().sum();
    println!("{} characters, {} pieces", GRAMMAR.characters.len(), GRAMMAR.pieces.len());
    println!("{total:.3e} trees, {short} of at most 8 characters");
    assert!(total > 5e8, "{total}");
    let mut random = Random::new(3, 0);
    let drawn: Vec<Tree> = (0..4000).map(|_| TASK.tree(&mut random)).collect();
    let share = |of: &dyn Fn(&Tree) -> bool| drawn.iter().filter(|t| of(t)).count() as f64 / 4000.0;
    let clauses = share(&|tree| tree.has_clause());
    assert!((0.1..0.6).contains(&clauses), "{clauses}");
    for character in ["了", "着", "过", "会", "把", "被", "的", "正", "想"] {
        let number = GRAMMAR.characters.iter().position(|c| *c == character).unwrap();
        let share = share(&|tree| tree.chinese().contains(&number));
        println!("{character} {share:.3}");
        assert!(share > 0.03, "{character}: {share}");
    }
    for tree in &drawn[..40] {
        let mut sequence = tree.chinese();
        sequence.push(arrow());
        sequence.extend(tree.english().iter().map(|piece| arrow() + 1 + piece));
        let sequence = Sequence::Symbols(sequence);
        println!("{} | {}", TASK.text(&sequence), TASK.written(&sequence));
    }
}

#[test]
fn short_and_simple_sentences_are_some_of_all() {
    let mut random = Random::new(4, 0);
    for sentences in [Sentences::Short, Sentences::Simple] {
        let task = Translate { sentences, longest: 12 };
        let mut seen = BTreeSet::new();
        for _ in 0..500 {
            let example = task.generate(&mut random);
            assert_eq!(TASK.targets(&example.sequence), example.targets);
            assert_eq!(TASK.remark(&example.sequence), None);
            seen.insert(TASK.text(&example.sequence));
        }
        assert!(seen.len() > 80, "{}", seen.len());
    }
}

#[test]
fn what_is_typed_is_read_without_its_punctuation() {
    let sequence = TASK.parse("他昨天，在 公园里看了一本书。").unwrap();
    assert_eq!(TASK.text(&sequence), "他昨天在公园里看了一本书");
    assert_eq!(TASK.parse("他昨天在公园里看了一本书→").as_ref(), Ok(&sequence));
    assert_eq!((TASK.source(&sequence), TASK.given(&sequence)), (12, 13));
    assert_eq!(TASK.remark(&sequence), None);
}

#[test]
fn what_cannot_be_read_is_named() {
    let message = |text: &str| TASK.parse(text).unwrap_err().to_string();
    assert!(message("我吃饭").contains("`饭` (character 3)"));
    assert!(message("我吃饭").contains("did you mean `吃`?"));
    assert!(message("我买电脑").contains("did you mean `电影`?"));
    assert!(message("我有 book").contains("`有` (character 2)"));
    let latin = message("我看 books。");
    assert!(latin.contains("`books` (character 4); it knows Chinese characters"), "{latin}");
    assert!(latin.contains("did you mean `书`?"), "{latin}");
    assert!(message("hello").contains("`hello` (character 1)"));
    assert!(message("，。").contains("empty"));
    assert!(message(&"我".repeat(500)).contains("500 symbols; at most 40"));
    assert!(message(&"x".repeat(500)).contains("…` (character 1)"));
    assert!(TASK.parse(&"我".repeat(40)).is_ok());
}

#[test]
fn what_leaves_the_grammar_runs_and_is_remarked() {
    let remark = |text: &str| {
        let sequence = TASK.parse(text).unwrap();
        assert_eq!(TASK.targets(&sequence), Targets::Symbols(vec![None; sequence.len()]));
        TASK.remark(&sequence).unwrap()
    };
    let nearest = |text: &str| Some(text.to_owned());
    let wrong = remark("他昨天看了一个书");
    assert_eq!((wrong.position, wrong.found.as_str()), (6, "个"));
    assert_eq!(wrong.nearest, nearest("他昨天看了一本书"));
    let wrong = remark("他喝了一杯苹果");
    assert_eq!((wrong.position, wrong.found.as_str()), (5, "苹"));
    // Something is missing at the end.
    let wrong = remark("他在公园里坐");
    assert_eq!((wrong.position, wrong.found.as_str()), (6, ""));
    assert_eq!(wrong.nearest, nearest("他在公园里坐着"));
    // One character too many.
    let wrong = remark("她喜欢欢跳舞");
    assert_eq!((wrong.position, wrong.nearest), (3, nearest("她喜欢跳舞")));
    // Nothing is right.
    assert!(remark(&"了".repeat(40)).position == 0);
}

#[test]
fn what_is_wanted_writes_the_translation() {
    let mut random = Random::new(1, 0);
    for _ in 0..50 {
        let Example { sequence, .. } = TASK.generate(&mut random);
        let mut read = sequence.beginning(TASK.given(&sequence));
        loop {
            let Targets::Symbols(wanted) = TASK.targets(&read) else { panic!() };
            let mut scores = vec![0.0; OUTPUTS.len()];
            scores[wanted[wanted.len() - 1].unwrap()] = 1.0;
            let Some(token) = TASK.next(&read, &scores) else { break };
            read.push(token);
        }
        assert_eq!(read, sequence);
    }
}
