//! How dates are written: a table of forms, by which they are written and read back.

use Part::{
    Day, HanDay, HanMonth, HanWeekday, HanYear, Is, Mon, Month, MonthNumber, Nth, Wed, Weekday,
    Year,
};

use super::calendar::Date;

/// The English forms.
pub(super) const ENGLISH: &[&[Part]] = &[
    &[Month, Is(" "), Day, Is(", "), Year],    // march 4, 1987
    &[Day, Is(" "), Month, Is(" "), Year],     // 4 march 1987
    &[Mon, Is(" "), Day, Is(" "), Year],       // mar 4 1987
    &[Mon, Is(". "), Day, Is(", "), Year],     // mar. 4, 1987
    &[Day, Is("-"), Mon, Is("-"), Year],       // 4-mar-1987
    &[Month, Is(" "), Nth, Is(", "), Year],    // march 4th, 1987
    &[Nth, Is(" of "), Month, Is(", "), Year], // 4th of march, 1987
    &[Weekday, Is(", "), Month, Is(" "), Day, Is(", "), Year], // wednesday, march 4, 1987
    &[Wed, Is(", "), Day, Is(" "), Mon, Is(" "), Year], // wed, 4 mar 1987
];

/// The Chinese forms.
pub(super) const CHINESE: &[&[Part]] = &[
    &[Year, Is("年"), MonthNumber, Is("月"), Day, Is("日")], // 1987年3月4日
    &[Year, Is("年"), MonthNumber, Is("月"), Day, Is("号")], // 1987年3月4号
    &[HanYear, Is("年"), HanMonth, Is("月"), HanDay, Is("日")], // 一九八七年三月四日
    // 1987年3月4日星期三
    &[Year, Is("年"), MonthNumber, Is("月"), Day, Is("日"), Is("星期"), HanWeekday],
];

/// A part of a written date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// What stands there in every date.
    Is(&'static str),
    /// 1987
    Year,
    /// march
    Month,
    /// mar
    Mon,
    /// 3
    MonthNumber,
    /// 4
    Day,
    /// 4th
    Nth,
    /// wednesday
    Weekday,
    /// wed
    Wed,
    /// 一九八七
    HanYear,
    /// 三
    HanMonth,
    /// 四
    HanDay,
    /// 三, of 星期三
    HanWeekday,
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const WEEKDAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const HAN_WEEKDAYS: [&str; 7] = ["一", "二", "三", "四", "五", "六", "日"];
/// 0 to 9, then ten.
pub(super) const HAN: [&str; 11] =
    ["〇", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十"];

impl Part {
    /// How a date has this part.
    fn write(self, date: Date) -> String {
        match self {
            Is(text) => text.to_owned(),
            Year => date.year.to_string(),
            Month => MONTHS[date.month - 1].to_owned(),
            Mon => MONTHS[date.month - 1][..3].to_owned(),
            MonthNumber => date.month.to_string(),
            Day => date.day.to_string(),
            Nth => format!("{}{}", date.day, ordinal(date.day)),
            Weekday => WEEKDAYS[date.weekday()].to_owned(),
            Wed => WEEKDAYS[date.weekday()][..3].to_owned(),
            HanYear => date.year.to_string().bytes().map(|d| HAN[usize::from(d - b'0')]).collect(),
            HanMonth => han(date.month),
            HanDay => han(date.day),
            HanWeekday => HAN_WEEKDAYS[date.weekday()].to_owned(),
        }
    }
}

/// A date in one of the forms.
pub(super) fn write(form: &[Part], date: Date) -> String {
    form.iter().map(|part| part.write(date)).collect()
}

/// The date that is written in any of the forms; none where it is in none, is no day of the
/// calendar, or has another weekday.
pub(super) fn read(text: &str) -> Option<Date> {
    ENGLISH.iter().chain(CHINESE).find_map(|form| {
        // Each part is one of few, so what fits one after the other is tried; what is left at the
        // end is a date that is written just so.
        let mut found = vec![(text, Date { year: 0, month: 1, day: 1 })];
        for part in *form {
            found = found.into_iter().flat_map(|(rest, date)| part.read(rest, date)).collect();
        }
        let is_it = |date: &Date| date.is_known() && write(form, *date) == text;
        found.into_iter().map(|(_, date)| date).find(is_it)
    })
}

impl Part {
    /// What a text may begin with: each with the rest of the text and what is then known.
    fn read(self, text: &str, known: Date) -> Vec<(&str, Date)> {
        let dates: Vec<Date> = match self {
            Year | HanYear => year(text).map(|year| Date { year, ..known }).into_iter().collect(),
            Month | Mon | MonthNumber | HanMonth => {
                (1..=12).map(|month| Date { month, ..known }).collect()
            }
            Day | Nth | HanDay => (1..=31).map(|day| Date { day, ..known }).collect(),
            // Which weekday it is only the whole date tells.
            Weekday | Wed | HanWeekday => {
                let names: &[&str] = if self == HanWeekday { &HAN_WEEKDAYS } else { &WEEKDAYS };
                let name = |name: &&'static str| if self == Wed { &name[..3] } else { *name };
                let rests = names.iter().filter_map(|n| text.strip_prefix(name(n)));
                return rests.map(|rest| (rest, known)).collect();
            }
            Is(_) => vec![known],
        };
        let rest = |date: Date| text.strip_prefix(&*self.write(date)).map(|rest| (rest, date));
        dates.into_iter().filter_map(rest).collect()
    }
}

/// The year that a text begins with, in digits of either kind.
fn year(text: &str) -> Option<usize> {
    let digit = |character: char| {
        let mut spelled = [0; 4];
        let spelled: &str = character.encode_utf8(&mut spelled);
        let han = HAN[..10].iter().position(|digit| *digit == spelled);
        character.to_digit(10).map(|digit| digit as usize).or(han)
    };
    let mut digits = text.chars().map(digit);
    (0..4).try_fold(0, |year, _| Some(10 * year + digits.next()??))
}

/// 1st, 2nd, 3rd, 4th, …
fn ordinal(day: usize) -> &'static str {
    match (day / 10, day % 10) {
        (1, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    }
}

/// A number from 1 to 99 in Chinese numerals.
fn han(number: usize) -> String {
    let tens = match number / 10 {
        0 => String::new(),
        1 => HAN[10].to_owned(),
        tens => format!("{}{}", HAN[tens], HAN[10]),
    };
    if number.is_multiple_of(10) { tens } else { tens + HAN[number % 10] }
}
