//! What text of the user's may not hold, because people cannot see it. It must not know which text.

/// Whether a character is invisible and changes what is around it: a control character (which could
/// forge a log line), a line separator, a mark that reverses the direction of what follows, or one
/// without any width. The joiners U+200C and U+200D are none of these: some scripts are spelt with
/// them.
pub(super) fn deceives(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{200b}'
                | '\u{200e}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
        )
}
