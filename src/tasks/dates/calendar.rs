//! Days of the Gregorian calendar, from 1900 to 2099.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The days of the months of a common year.
const DAYS: [usize; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// A day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Date {
    /// 1900 to 2099.
    pub year: usize,
    /// 1 to 12.
    pub month: usize,
    /// 1 to 31.
    pub day: usize,
}

/// A text that is no date.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no day from 1900-01-01 to 2099-12-31")]
pub struct NoDate(String);

impl Date {
    /// The years that are known.
    pub const YEARS: RangeInclusive<usize> = 1900..=2099;

    /// 1900-01-01.
    #[must_use]
    pub fn first() -> Self {
        Self { year: *Self::YEARS.start(), month: 1, day: 1 }
    }

    /// 2099-12-31.
    #[must_use]
    pub fn last() -> Self {
        Self { year: *Self::YEARS.end(), month: 12, day: 31 }
    }

    /// Whether the calendar has this day, in a known year.
    #[must_use]
    pub fn is_known(&self) -> bool {
        Self::YEARS.contains(&self.year)
            && (1..=12).contains(&self.month)
            && (1..=month_days(self.year, self.month)).contains(&self.day)
    }

    /// Days since 1900-01-01.
    #[must_use]
    pub fn day_number(&self) -> usize {
        let years: usize = (*Self::YEARS.start()..self.year).map(year_days).sum();
        let months: usize = (1..self.month).map(|month| month_days(self.year, month)).sum();
        years + months + self.day - 1
    }

    /// The day that comes `days` later, 2099-12-31 at most.
    #[must_use]
    pub fn after(&self, days: usize) -> Self {
        let mut left = (self.day_number() + days).min(Self::last().day_number());
        let mut year = *Self::YEARS.start();
        while left >= year_days(year) {
            left -= year_days(year);
            year += 1;
        }
        let mut month = 1;
        while left >= month_days(year, month) {
            left -= month_days(year, month);
            month += 1;
        }
        Self { year, month, day: left + 1 }
    }

    /// The weekday, from 0 for Monday; 1900 began with one.
    #[must_use]
    pub fn weekday(&self) -> usize {
        self.day_number() % 7
    }
}

/// As ISO 8601 writes it: 1987-03-04.
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl FromStr for Date {
    type Err = NoDate;

    fn from_str(text: &str) -> Result<Self, NoDate> {
        let mut parts = text.split('-').map(str::parse);
        let date = match (parts.next(), parts.next(), parts.next()) {
            (Some(Ok(year)), Some(Ok(month)), Some(Ok(day))) => Self { year, month, day },
            _ => return Err(NoDate(text.to_owned())),
        };
        let is_it = date.is_known() && date.to_string() == text;
        if is_it { Ok(date) } else { Err(NoDate(text.to_owned())) }
    }
}

impl TryFrom<String> for Date {
    type Error = NoDate;

    fn try_from(text: String) -> Result<Self, NoDate> {
        text.parse()
    }
}

impl From<Date> for String {
    fn from(date: Date) -> Self {
        date.to_string()
    }
}

fn year_days(year: usize) -> usize {
    (1..=12).map(|month| month_days(year, month)).sum()
}

fn month_days(year: usize, month: usize) -> usize {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    DAYS[month - 1] + usize::from(is_leap && month == 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn weekdays_are_those_of_known_days() {
        for (text, weekday) in [
            ("1900-01-01", 0),
            ("1969-07-20", 6),
            ("1987-03-04", 2),
            ("2000-02-29", 1),
            ("2024-12-25", 2),
            ("2099-12-31", 3),
        ] {
            assert_eq!(date(text).weekday(), weekday, "{text}");
        }
    }

    #[test]
    fn every_day_is_counted_and_found_again() {
        let days = Date::last().day_number();
        assert_eq!(days + 1, 200 * 365 + 49);
        for number in 0..=days {
            let day = Date::first().after(number);
            assert!(day.is_known() && day.day_number() == number, "{day}");
            assert_eq!(day.to_string().parse(), Ok(day));
        }
        assert_eq!(Date::first().after(days + 9), Date::last());
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in [
            "",
            "1987",
            "1987-3-4",
            "1900-02-29",
            "2023-02-29",
            "2000-04-31",
            "2000-00-01",
            "2000-13-01",
            "2000-01-00",
            "1899-12-31",
            "2100-01-01",
            "2000-01-01-01",
            "99999999999999999999-01-01",
        ] {
            assert_eq!(text.parse::<Date>(), Err(NoDate(text.to_owned())), "{text}");
        }
    }
}
