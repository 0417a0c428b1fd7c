//! What a learner chose within views: how near, which head, which axis. It is a part of the state, so
//! that a session brings it back; what comes about by itself, such as hovering, is not.
//!
//! A view reads what it kept under a key of its own and says what is to be kept, in any form that can
//! be written as JSON. What cannot be read, because another version wrote it, is as if nobody had chosen.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Command, Scene};

/// What was chosen, by the view's key: `ladder`, `attention`, `decay.axis`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Looks(BTreeMap<String, Value>);

impl Looks {
    /// What was kept under a key; the default where nothing readable was.
    #[must_use]
    pub fn get<T: DeserializeOwned + Default>(&self, key: &str) -> T {
        self.0.get(key).and_then(read).unwrap_or_default()
    }

    /// Keeps something under a key.
    pub fn set(&mut self, key: String, value: Value) {
        self.0.insert(key, value);
    }

    /// The keys under which something is kept.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

fn read<T: DeserializeOwned>(value: &Value) -> Option<T> {
    T::deserialize(value).ok()
}

impl Scene<'_> {
    /// What the learner chose under a key, also in this frame; the default where he chose nothing.
    #[must_use]
    pub fn look<T: DeserializeOwned + Default>(&self, key: &str) -> T {
        self.kept_look(key).and_then(read).unwrap_or_default()
    }

    /// Asks for something to be kept under a key, if it is something else than what is.
    pub fn keep_look<T: Serialize>(&mut self, key: &str, look: &T) {
        let Ok(value) = serde_json::to_value(look) else { return };
        if self.kept_look(key) != Some(&value) {
            self.commands.push(Command::SetLook(key.to_owned(), value));
        }
    }

    fn kept_look(&self, key: &str) -> Option<&Value> {
        let asked = self.commands.iter().rev().find_map(|command| match command {
            Command::SetLook(other, value) if other == key => Some(value),
            _ => None,
        });
        asked.or_else(|| self.looks.0.get(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_version_wrote_is_as_if_nobody_had_chosen() {
        let mut looks = Looks::default();
        looks.set("axis".to_owned(), Value::from("sideways"));
        assert!(!looks.get::<bool>("axis"));
        looks.set("axis".to_owned(), Value::from(true));
        assert!(looks.get::<bool>("axis"));
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut looks = Looks::default();
        let zoom = [1.25_f32, f32::MIN_POSITIVE];
        looks.set("zoom".to_owned(), serde_json::to_value(zoom).unwrap());
        let text = serde_json::to_string(&looks).unwrap();
        assert_eq!(serde_json::from_str::<Looks>(&text).unwrap(), looks);
        assert_eq!(looks.get::<[f32; 2]>("zoom").map(f32::to_bits), zoom.map(f32::to_bits));
    }
}
