//! Unicode rules for text that people read: which characters a name or an email address must not have, by their
//! properties (Unicode Standard Annex 44) and not by a list, so that a character of a later version of Unicode is
//! covered by its category. PRECIS draws the same line (RFC 8264 section 4.3, FreeformClass).

use icu_properties::props::{
    BinaryProperty as _, DefaultIgnorableCodePoint, Emoji, EmojiModifier, EnumeratedProperty as _,
    ExtendedPictographic, GeneralCategory, JoiningType, Script, UnifiedIdeograph,
    VariationSelector,
};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::canonical_combining_class;

const ZERO_WIDTH_NON_JOINER: char = '\u{200c}';
const ZERO_WIDTH_JOINER: char = '\u{200d}';
/// A symbol in Unicode, but drawn as blank.
const BRAILLE_PATTERN_BLANK: char = '\u{2800}';
const TEXT_PRESENTATION: char = '\u{fe0e}';
const EMOJI_PRESENTATION: char = '\u{fe0f}';
const ENCLOSING_KEYCAP: char = '\u{20e3}';
/// The canonical combining class of the sign that joins two consonants in the scripts of India and its neighbours.
const VIRAMA: u8 = 9;
/// UTS 39 section 5.4: no orthography puts more nonspacing marks on one letter; more of them overflow the line.
const MAX_NONSPACING_MARKS: usize = 4;

/// Why a text is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::auth) enum Flaw {
    /// A character that is invisible, changes the direction of what follows, or has no agreed meaning.
    Invisible {
        /// The character.
        character: char,
        /// Its place in the text, counted from 1.
        position: usize,
    },
    /// It begins with a combining mark, which would be drawn on the text before it.
    LeadingMark,
    /// More marks on one letter than any orthography has.
    TooManyMarks,
}

/// Whether invisible characters are allowed where a script needs them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::auth) enum Joiners {
    /// Only in the contexts that need them: for text that is shown.
    InContext,
    /// Never: for text that is compared, because two that look the same would differ.
    Refused,
}

/// The first reason to refuse a text; `None` for a readable one.
pub(in crate::auth) fn flaw(text: &str, joiners: Joiners) -> Option<Flaw> {
    let characters: Vec<char> = text.chars().collect();
    let refused = |at: usize| {
        let is_needed = joiners == Joiners::InContext && is_needed(&characters, at);
        is_invisible(characters[at]) && !is_needed
    };
    match (0..characters.len()).find(|&at| refused(at)) {
        Some(at) => Some(Flaw::Invisible { character: characters[at], position: at + 1 }),
        None => flaw_of_marks(text),
    }
}

/// Control characters (which could forge a log line), format characters (which change the direction of others), line
/// and paragraph separators, characters that are drawn as blank, and code points without a meaning (unassigned,
/// noncharacters) or without an agreed one (private use).
fn is_invisible(c: char) -> bool {
    use GeneralCategory as G;
    DefaultIgnorableCodePoint::for_char(c)
        || c == BRAILLE_PATTERN_BLANK
        || matches!(
            G::for_char(c),
            G::Control
                | G::Format
                | G::LineSeparator
                | G::ParagraphSeparator
                | G::PrivateUse
                | G::Surrogate
                | G::Unassigned
        )
}

/// Whether the invisible character at this place changes how its neighbours are drawn, in a way that their script or
/// emoji need.
fn is_needed(text: &[char], at: usize) -> bool {
    let (before, after) = (&text[..at], &text[at + 1..]);
    match text[at] {
        ZERO_WIDTH_NON_JOINER => follows_virama(before) || is_within_cursive(before, after),
        ZERO_WIDTH_JOINER => {
            follows_virama(before) || precedes_virama(before, after) || joins_emoji(before, after)
        }
        selector => selects_a_variant(before.last(), selector, after.first()),
    }
}

/// RFC 5892 appendix A.1 and A.2, first rule of each: Sinhala, Malayalam and others.
fn follows_virama(before: &[char]) -> bool {
    before.last().is_some_and(|&c| canonical_combining_class(c) == VIRAMA)
}

/// Bengali and Kannada spell a consonant that keeps its form beside a virama with the joiner in front of it (The
/// Unicode Standard, sections 12.2 and 12.8); RFC 5892 overlooks them.
fn precedes_virama(before: &[char], after: &[char]) -> bool {
    use GeneralCategory as G;
    after.first().is_some_and(|&c| canonical_combining_class(c) == VIRAMA)
        && before.last().is_some_and(|&c| G::for_char(c) == G::OtherLetter)
}

/// RFC 5892 appendix A.1, second rule: between letters that would join, as in Persian. Here the first may also be one
/// that joins only to the letter before it: people type the non-joiner there, too, and in text that is only shown it
/// does no harm.
fn is_within_cursive(before: &[char], after: &[char]) -> bool {
    use JoiningType as J;
    let joins = |c: Option<J>| matches!(c, Some(J::DualJoining | J::LeftJoining | J::RightJoining));
    let types = |c: &char| J::for_char(*c);
    let is_opaque = |c: &J| *c != J::Transparent;
    joins(before.iter().rev().map(types).find(is_opaque))
        && joins(after.iter().map(types).find(is_opaque))
}

/// UAX 29, rule GB11: the joiner makes one emoji of two.
fn joins_emoji(before: &[char], after: &[char]) -> bool {
    let is_extension = |c: char| c == EMOJI_PRESENTATION || EmojiModifier::for_char(c);
    let first = before.iter().rev().find(|&&c| !is_extension(c));
    let is_pictograph = |c: Option<&char>| c.is_some_and(|&c| ExtendedPictographic::for_char(c));
    is_pictograph(first) && is_pictograph(after.first())
}

/// A selector says in which of its forms the character before it is meant: of an emoji, of an ideograph (Japanese
/// family names differ by it), of a Mongolian letter.
fn selects_a_variant(base: Option<&char>, selector: char, next: Option<&char>) -> bool {
    let Some(&base) = base else { return false };
    match selector {
        // On a digit it shows only with a keycap around both.
        TEXT_PRESENTATION | EMOJI_PRESENTATION => {
            Emoji::for_char(base) && (!base.is_ascii() || next == Some(&ENCLOSING_KEYCAP))
        }
        // The vowel separator among them is not a selector by its category, but has the same effect.
        '\u{180b}'..='\u{180f}' => {
            Script::for_char(base) == Script::Mongolian && !is_invisible(base)
        }
        _ => VariationSelector::for_char(selector) && UnifiedIdeograph::for_char(base),
    }
}

/// Counted as drawn: a letter with an accent of its own is a letter and a mark.
fn flaw_of_marks(text: &str) -> Option<Flaw> {
    use GeneralCategory as G;
    let is_mark =
        |c: char| matches!(G::for_char(c), G::NonspacingMark | G::SpacingMark | G::EnclosingMark);
    if text.starts_with(is_mark) {
        return Some(Flaw::LeadingMark);
    }
    let mut marks = 0;
    for c in text.nfd() {
        let takes_no_space = matches!(G::for_char(c), G::NonspacingMark | G::EnclosingMark);
        marks = if takes_no_space { marks + 1 } else { 0 };
        if marks > MAX_NONSPACING_MARKS {
            return Some(Flaw::TooManyMarks);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// One of each kind, and of each block that a list could forget.
    const INVISIBLE: [char; 34] = [
        '\0',
        '\n',
        '\r',
        '\u{1b}',
        '\u{7f}',
        '\u{85}',
        '\u{ad}',
        '\u{34f}',
        '\u{600}',
        '\u{61c}',
        '\u{70f}',
        '\u{115f}',
        '\u{1160}',
        '\u{17b4}',
        '\u{180e}',
        '\u{200b}',
        '\u{200e}',
        '\u{2028}',
        '\u{2029}',
        '\u{202e}',
        '\u{2062}',
        '\u{2065}',
        '\u{2069}',
        '\u{2800}',
        '\u{3164}',
        '\u{e000}',
        '\u{fdd0}',
        '\u{feff}',
        '\u{ffa0}',
        '\u{fff9}',
        '\u{1d173}',
        '\u{e0041}',
        '\u{e01ef}',
        '\u{10ffff}',
    ];

    /// Names in their owners' spelling, with the invisible characters that it takes.
    const NAMES: [&str; 24] = [
        "Alice",
        "Zoë O’Brien-Müller Jr.",
        "Nguyễn Thị Ánh Tuyết",
        "Владимир",
        "Ἀριστοτέλης",
        "山田　太郎",
        "葛\u{e0100}城",
        "김철수",
        "علی\u{200c}رضا",
        "محمد\u{200c}رضا",
        "مُحَمَّد الفَارِسِيّ",
        "שָׁלוֹם",
        "ශ\u{dca}\u{200d}රී",
        "ക\u{d4d}\u{200d}",
        "क\u{94d}\u{200d}ष",
        "क\u{94d}\u{200c}ष",
        "র\u{200d}\u{9cd}যাচেল",
        "မျှော့်",
        "ᠮᠣᠩᠭᠣᠯ\u{180b}",
        "Ada 👩\u{200d}💻",
        "Ada 👩🏽\u{200d}💻",
        "Bo 🏳\u{fe0f}\u{200d}🌈",
        "Cy ❤\u{fe0f} 1\u{fe0f}\u{20e3}",
        "Di 👨\u{200d}🦰 👁\u{fe0f}\u{200d}🗨\u{fe0f}",
    ];

    fn flaw_of(text: &str) -> Option<Flaw> {
        flaw(text, Joiners::InContext)
    }

    #[test]
    fn people_may_be_called_what_they_are_called() {
        for name in NAMES {
            assert_eq!(flaw_of(name), None, "{name} {name:?}");
        }
    }

    #[test]
    fn an_invisible_character_is_found_at_its_place() {
        for character in INVISIBLE {
            let found = Some(Flaw::Invisible { character, position: 3 });
            assert_eq!(flaw_of(&format!("Al{character}ice")), found, "{character:?}");
            assert_eq!(flaw(&format!("Al{character}ice"), Joiners::Refused), found);
        }
    }

    /// All code points: the categories that are drawn as blank are refused, all others pass.
    #[test]
    fn every_code_point_is_judged_by_its_properties() {
        use GeneralCategory as G;
        let mut refused = 0_u32;
        for c in '\0'..=char::MAX {
            let category = G::for_char(c);
            let is_refused = flaw_of(&format!("A{c}B")).is_some();
            let is_nothing = matches!(
                category,
                G::Control
                    | G::Format
                    | G::LineSeparator
                    | G::ParagraphSeparator
                    | G::PrivateUse
                    | G::Unassigned
            ) || DefaultIgnorableCodePoint::for_char(c);
            assert_eq!(is_refused, is_nothing || c == BRAILLE_PATTERN_BLANK, "{c:?} {category:?}");
            refused += u32::from(is_refused && category != G::Unassigned);
        }
        // Private use alone is 137,468 code points.
        assert!(refused > 137_468, "{refused}");
    }

    #[test]
    fn a_joiner_stands_only_where_a_script_needs_it() {
        for bad in [
            "Al\u{200d}ice",
            "Al\u{200c}ice",
            "\u{200c}علی",
            "علی\u{200c}",
            "علی\u{200c}\u{200c}رضا",
            "علی\u{200d}رضا",
            "क\u{200d}ष",
            "👩\u{200d}",
            "\u{200d}💻",
            "👩\u{200d}\u{200d}💻",
            "👩\u{200d}x",
            "a\u{200d}\u{94d}",
        ] {
            assert!(matches!(flaw_of(bad), Some(Flaw::Invisible { .. })), "{bad:?}");
        }
    }

    #[test]
    fn a_variation_selector_stands_only_after_what_has_variants() {
        for bad in [
            "A\u{fe0f}",
            "1\u{fe0f}",
            "❤\u{fe0f}\u{fe0f}",
            "葛\u{e0100}\u{e0101}",
            "あ\u{e0100}",
            "A\u{180b}",
            "ᠮ\u{180b}\u{180b}",
            "\u{fe0f}",
            "🏴\u{e0067}\u{e0062}\u{e007f}",
        ] {
            assert!(matches!(flaw_of(bad), Some(Flaw::Invisible { .. })), "{bad:?}");
        }
    }

    #[test]
    fn marks_stand_upon_a_letter_and_no_more_than_one_can_bear() {
        assert_eq!(flaw_of("\u{301}Alice"), Some(Flaw::LeadingMark));
        assert_eq!(flaw_of(&format!("a{}", "\u{301}".repeat(4))), None);
        assert_eq!(flaw_of(&format!("a{}", "\u{301}".repeat(5))), Some(Flaw::TooManyMarks));
        // The accent that a letter brings along counts.
        assert_eq!(flaw_of(&format!("á{}", "\u{301}".repeat(4))), Some(Flaw::TooManyMarks));
        assert_eq!(flaw_of(&"a\u{301}".repeat(50)), None);
    }

    fn name() -> impl Strategy<Value = String> {
        let part = prop::sample::select(&NAMES[..]);
        prop::collection::vec(part, 1..4).prop_map(|parts| parts.join(" "))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn names_one_after_another_are_names(name in name()) {
            prop_assert_eq!(flaw_of(&name), None);
        }

        /// At any place, also beside a joiner or a selector that is needed.
        #[test]
        fn an_invisible_character_spoils_any_name(
            name in name(),
            at in any::<prop::sample::Index>(),
            // A selector of ideographs' variants is needed after one.
            invisible in prop::sample::select(&INVISIBLE[..]).prop_filter("", |c| {
                !VariationSelector::for_char(*c) && *c != '\u{180e}'
            }),
        ) {
            let mut characters: Vec<char> = name.chars().collect();
            characters.insert(at.index(characters.len() + 1), invisible);
            let spoilt: String = characters.into_iter().collect();
            prop_assert!(matches!(flaw_of(&spoilt), Some(Flaw::Invisible { .. })), "{:?}", spoilt);
        }

        /// Text that passes where invisible characters are refused passes in both modes.
        #[test]
        fn the_stricter_rule_is_stricter(text in any::<String>()) {
            if flaw(&text, Joiners::Refused).is_none() {
                prop_assert_eq!(flaw_of(&text), None);
            }
        }

        #[test]
        fn a_name_that_passes_shows_something_and_keeps_its_direction(text in any::<String>()) {
            if !text.is_empty() && flaw_of(&text).is_none() {
                let overrides = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
                prop_assert!(!text.contains(overrides));
                prop_assert!(!text.chars().all(is_invisible));
            }
        }
    }
}
