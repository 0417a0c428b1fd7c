//! A key with what is held down beside it: read from events, written as `Ctrl+Shift+S`, and read again from that.

use std::fmt;
use std::str::FromStr;

use egui::{Event, Key, Modifiers};

/// What the keyboard calls the modifier of commands.
const COMMAND: &str = if cfg!(target_os = "macos") { "Cmd" } else { "Ctrl" };

/// A key and its modifiers. Two are equal where one press is both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortcut {
    command: bool,
    alt: bool,
    shift: bool,
    key: Key,
}

/// Why a text is no shortcut.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no shortcut; write one such as Ctrl+Shift+S, Alt+Left or F5")]
pub struct ShortcutError(String);

impl Shortcut {
    /// The press of a key. Where shift only reaches the character, as for `?`, the character counts alone, for
    /// keyboards differ in where it stands.
    #[must_use]
    pub fn new(modifiers: Modifiers, key: Key) -> Self {
        let command = modifiers.command || (modifiers.ctrl && !cfg!(target_os = "macos"));
        let shift = modifiers.shift && !is_sign(key);
        Self { command, alt: modifiers.alt, shift, key }
    }

    /// The shortcut that an event presses, if it presses a key that can be one.
    #[must_use]
    pub fn of_event(event: &Event) -> Option<Self> {
        match event {
            Event::Key { key, pressed: true, modifiers, .. } => Some(Self::new(*modifiers, *key)),
            // Chinese input methods give the wide question mark as text and no key.
            Event::Text(text) if text == "？" => {
                Some(Self::new(Modifiers::NONE, Key::Questionmark))
            }
            _ => None,
        }
    }

    /// Whether it is a command also while a text is being typed: what neither types nor edits.
    #[must_use]
    pub fn works_while_typing(self) -> bool {
        let edits = matches!(
            self.key,
            Key::A | Key::C | Key::V | Key::X | Key::Y | Key::Z | Key::Backspace | Key::Delete
        ) || is_movement(self.key);
        let is_function = (Key::F1..=Key::F12).contains(&self.key);
        is_function || matches!(self.key, Key::PageUp | Key::PageDown) || (self.command && !edits)
    }

    /// Whether a control that has the focus, such as a button or a slider, needs the press for itself.
    #[must_use]
    pub fn belongs_to_focus(self) -> bool {
        let used = matches!(
            self.key,
            Key::Space
                | Key::Enter
                | Key::Tab
                | Key::Escape
                | Key::ArrowLeft
                | Key::ArrowRight
                | Key::ArrowUp
                | Key::ArrowDown
        );
        used && !self.command && !self.alt && !self.shift
    }

    /// Whether it may be given to an action: keys that walk through controls may not, and without a
    /// further key nothing is pressed.
    #[must_use]
    pub fn may_be_chosen(self) -> bool {
        let plain = !self.command && !self.alt;
        let walks = matches!(self.key, Key::Tab | Key::Enter | Key::Escape);
        let edits =
            self.command && matches!(self.key, Key::A | Key::C | Key::V | Key::X | Key::Y | Key::Z);
        let copies = matches!(self.key, Key::Copy | Key::Cut | Key::Paste);
        !(edits || copies || (plain && walks))
    }
}

/// Characters that many keyboards have above others.
fn is_sign(key: Key) -> bool {
    (Key::Colon..=Key::Quote).contains(&key)
}

fn is_movement(key: Key) -> bool {
    matches!(
        key,
        Key::ArrowLeft | Key::ArrowRight | Key::ArrowUp | Key::ArrowDown | Key::Home | Key::End
    )
}

/// As the keyboard has it: `Ctrl+Shift+←`.
impl fmt::Display for Shortcut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (is_held, name) in [(self.command, COMMAND), (self.alt, "Alt"), (self.shift, "Shift")] {
            if is_held {
                write!(f, "{name}+")?;
            }
        }
        f.write_str(match self.key {
            Key::ArrowLeft => "←",
            Key::ArrowRight => "→",
            Key::ArrowUp => "↑",
            Key::ArrowDown => "↓",
            Key::PageUp => "Page ↑",
            Key::PageDown => "Page ↓",
            key => key.symbol_or_name(),
        })
    }
}

/// Reads what [`Display`](fmt::Display) writes, and egui's names of keys.
impl FromStr for Shortcut {
    type Err = ShortcutError;

    fn from_str(text: &str) -> Result<Self, ShortcutError> {
        let mut modifiers = Modifiers::NONE;
        let mut rest = text.trim();
        while let Some((name, after)) = rest.split_once('+').filter(|(_, after)| !after.is_empty())
        {
            match name {
                "Ctrl" | "Cmd" => modifiers.command = true,
                "Alt" => modifiers.alt = true,
                "Shift" => modifiers.shift = true,
                _ => return Err(ShortcutError(text.to_owned())),
            }
            rest = after;
        }
        let key = match rest {
            "←" => Some(Key::ArrowLeft),
            "→" => Some(Key::ArrowRight),
            "↑" => Some(Key::ArrowUp),
            "↓" => Some(Key::ArrowDown),
            "Page ↑" => Some(Key::PageUp),
            "Page ↓" => Some(Key::PageDown),
            name => Key::from_name(name),
        };
        key.map(|key| Self::new(modifiers, key)).ok_or_else(|| ShortcutError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for key in Key::ALL {
            for modifiers in [
                Modifiers::NONE,
                Modifiers::COMMAND,
                Modifiers::SHIFT,
                Modifiers::ALT.plus(Modifiers::COMMAND).plus(Modifiers::SHIFT),
            ] {
                let shortcut = Shortcut::new(modifiers, *key);
                assert_eq!(shortcut.to_string().parse(), Ok(shortcut), "{shortcut}");
            }
        }
        for text in ["", "+", "Ctrl+", "Hyper+S", "Ctrl+Ctrl", "S+Ctrl", "Ctrl+é"] {
            let plus = Ok(Shortcut::new(Modifiers::NONE, Key::Plus));
            assert!(text.parse::<Shortcut>().is_err() || text.parse() == plus, "{text}");
        }
    }

    #[test]
    fn a_sign_is_the_same_wherever_it_stands_on_the_keyboard() {
        let above = Shortcut::new(Modifiers::SHIFT, Key::Plus);
        assert_eq!(above, Shortcut::new(Modifiers::NONE, Key::Plus));
        assert_ne!(Shortcut::new(Modifiers::SHIFT, Key::W), Shortcut::new(Modifiers::NONE, Key::W));
    }
}
