//! A note and the rules for its title and text.

use shared::FieldError;
use shared::note::{MAX_TEXT, MAX_TITLE, Note, NoteRequest};

/// A note, and the number of its version: 1, 2, 3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned {
    /// The note.
    pub note: Note,
    /// Travels in `ETag`.
    pub version: i64,
}

/// A valid title and text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// One line of 1 to [`MAX_TITLE`] characters, not all of them white space.
    pub title: String,
    /// Up to [`MAX_TEXT`] characters.
    pub text: String,
}

impl Draft {
    /// How much it takes of its owner's quota.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.title.len() + self.text.len()
    }
}

/// Line separators: control characters, and Unicode's own two.
fn ends_a_line(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')
}

impl TryFrom<NoteRequest> for Draft {
    type Error = Vec<FieldError>;

    fn try_from(NoteRequest { title, text }: NoteRequest) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut refuse = |field: &str, code: &str, message: String| {
            errors.push(FieldError { field: field.to_owned(), code: code.to_owned(), message });
        };
        if title.trim().is_empty() {
            refuse("title", "required", "Give the note a title.".to_owned());
        }
        if title.chars().count() > MAX_TITLE {
            refuse("title", "too_long", format!("A title has at most {MAX_TITLE} characters."));
        }
        if title.chars().any(ends_a_line) {
            refuse("title", "invalid", "A title is one line of text.".to_owned());
        }
        if text.chars().count() > MAX_TEXT {
            refuse("text", "too_long", format!("A note has at most {MAX_TEXT} characters."));
        }
        // Some readers end a text at a NUL.
        if text.contains('\0') {
            refuse("text", "invalid", "A note is text.".to_owned());
        }
        if errors.is_empty() { Ok(Self { title, text }) } else { Err(errors) }
    }
}
