//! What a view shows as numbers, for those who take them away.

/// What a view shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Numbers {
    /// Named values of the run, at all positions.
    Values(Vec<String>),
    /// Numbers of its own, such as the points of its curves.
    Table(Table),
}

/// One line for each thing that was measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// What stands in each column.
    pub columns: Vec<&'static str>,
    /// As many entries in each row as there are columns.
    pub rows: Vec<Vec<Entry>>,
}

/// An entry of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// A name.
    Text(String),
    /// A number.
    Number(f64),
}

impl Table {
    /// A table with these columns and no rows.
    #[must_use]
    pub fn new(columns: &[&'static str]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn push(&mut self, row: impl IntoIterator<Item = Entry>) {
        self.rows.push(row.into_iter().collect());
    }
}

impl From<f32> for Entry {
    fn from(number: f32) -> Self {
        Self::Number(number.into())
    }
}

impl From<f64> for Entry {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<usize> for Entry {
    fn from(number: usize) -> Self {
        Self::Number(number as f64)
    }
}

impl From<i32> for Entry {
    fn from(number: i32) -> Self {
        Self::Number(number.into())
    }
}

impl From<&str> for Entry {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
