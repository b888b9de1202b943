//! A lexer for just enough of Rust to tell code from comments and strings, so that a rule neither matches its own
//! examples nor misses a statement that spans lines.

/// A lexed Rust file.
pub(crate) struct Source {
    /// The file with comments and the insides of strings blanked; lines stay where they are.
    pub(crate) code: String,
    pub(crate) strings: Vec<Piece>,
    pub(crate) comments: Vec<Piece>,
}

/// The inside of a string, or a comment.
pub(crate) struct Piece {
    /// Its first line, counted from 1.
    pub(crate) line: usize,
    pub(crate) text: String,
}

impl Source {
    pub(crate) fn read(text: &str) -> Self {
        let mut reader =
            Reader { text, at: 0, blanks: Vec::new(), strings: vec![], comments: vec![] };
        while reader.at < text.len() {
            reader.advance();
        }
        let mut code: Vec<u8> = text.bytes().collect();
        for (start, end) in &reader.blanks {
            for byte in &mut code[*start..*end] {
                if *byte != b'\n' {
                    *byte = b' ';
                }
            }
        }
        let code = String::from_utf8(code).expect("whole characters were replaced by spaces");
        let pieces =
            |spans: &[(usize, usize)]| spans.iter().map(|span| piece(text, *span)).collect();
        Self { code, strings: pieces(&reader.strings), comments: pieces(&reader.comments) }
    }

    /// The number of lines above the file's own tests; all of them if it has none.
    pub(crate) fn lines_without_tests(&self) -> usize {
        let lines: Vec<&str> = self.code.lines().collect();
        let tests = lines
            .windows(2)
            .position(|pair| pair[0] == "#[cfg(test)]" && pair[1].ends_with("mod tests {"));
        tests.unwrap_or(lines.len())
    }
}

fn piece(text: &str, (start, end): (usize, usize)) -> Piece {
    let line = text[..start].bytes().filter(|&byte| byte == b'\n').count() + 1;
    Piece { line, text: text[start..end].to_owned() }
}

type Span = (usize, usize);

struct Reader<'a> {
    text: &'a str,
    at: usize,
    blanks: Vec<Span>,
    strings: Vec<Span>,
    comments: Vec<Span>,
}

impl Reader<'_> {
    /// Advances over one token, or over other text.
    fn advance(&mut self) {
        let rest = &self.text[self.at..];
        let before = self.text[..self.at].chars().next_back();
        if rest.starts_with("//") {
            self.comment(rest.find('\n').unwrap_or(rest.len()));
        } else if rest.starts_with("/*") {
            self.comment(block_comment(rest));
        } else if let Some(hashes) = raw_string(rest)
            && before.is_none_or(|character| !is_name_part(character) || character == 'b')
        {
            let end = format!("\"{}", "#".repeat(hashes));
            self.string(hashes + 2, &rest[hashes + 2..], |inside| inside.find(&end), hashes + 1);
        } else if let Some(inside) = rest.strip_prefix('"') {
            self.string(1, inside, quoted_end, 1);
        } else if rest.starts_with('\'') {
            self.at += character_literal(rest);
        } else {
            self.at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }

    fn comment(&mut self, length: usize) {
        let span = (self.at, self.at + length);
        self.comments.push(span);
        self.blanks.push(span);
        self.at += length;
    }

    /// Advances over a string: `opening` bytes, an inside up to `end`, `closing` bytes.
    fn string(
        &mut self,
        opening: usize,
        inside: &str,
        end: impl Fn(&str) -> Option<usize>,
        closing: usize,
    ) {
        let length = end(inside).unwrap_or(inside.len());
        let start = self.at + opening;
        self.strings.push((start, start + length));
        self.blanks.push((start, start + length));
        self.at = (start + length + closing).min(self.text.len());
    }
}

/// The number of `#` if a raw string begins here.
fn raw_string(rest: &str) -> Option<usize> {
    let hashes = rest.strip_prefix('r')?;
    let opening = hashes.trim_start_matches('#');
    opening.starts_with('"').then_some(hashes.len() - opening.len())
}

/// The end of a string that began before `inside`.
fn quoted_end(inside: &str) -> Option<usize> {
    let mut escaped = false;
    inside.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

/// The length of a block comment, which may be nested.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        let here = &rest.as_bytes()[at..];
        if here.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// The length of a character literal, or 1 for the quote of a lifetime.
pub(super) fn character_literal(rest: &str) -> usize {
    let inside = &rest[1..];
    if let Some(escape) = inside.strip_prefix('\\') {
        // The escaped character may be a quote itself.
        let skipped = escape.chars().next().map_or(0, char::len_utf8);
        let end = escape[skipped..].find('\'').unwrap_or(0);
        return 2 + skipped + end + 1;
    }
    let character = inside.chars().next().map_or(1, char::len_utf8);
    if inside.get(character..).is_some_and(|after| after.starts_with('\'')) {
        character + 2
    } else {
        1
    }
}

/// Whether this character may be part of a name.
pub(crate) fn is_name_part(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_keeps_its_place_and_loses_words() {
        let text =
            "let a = \"x \\\" y\"; // note\nlet b = 'é'; /* a /* b */ c */ b('\"', '\\'');\n";
        let source = Source::read(text);
        assert_eq!(source.code.lines().count(), 2);
        assert!(!source.code.contains("note") && !source.code.contains('y'));
        assert!(source.code.contains("let b = 'é';"));
        assert!(source.code.ends_with("b('\"', '\\'');\n"), "{}", source.code);
        assert_eq!(source.strings[0].text, "x \\\" y");
        assert_eq!(source.comments[1].line, 2);
    }

    #[test]
    fn raw_strings_end_at_their_own_mark() {
        let source = Source::read("f(r#\"a \" b\"#, br\"c\\\", 'x');\nlet for_ = r#type; \"z\"");
        let inside: Vec<_> = source.strings.iter().map(|string| string.text.as_str()).collect();
        assert_eq!(inside, ["a \" b", "c\\", "z"]);
        assert_eq!(source.strings[2].line, 2);
    }

    #[test]
    fn a_lifetime_is_no_character() {
        let source = Source::read("fn f<'a>(x: &'a str) { g(\"in\") }");
        assert_eq!(source.strings[0].text, "in");
    }

    #[test]
    fn a_files_own_tests_do_not_count() {
        let source = Source::read("//! A.\nfn f() {}\n#[cfg(test)]\nmod tests {\n}\n");
        assert_eq!(source.lines_without_tests(), 2);
        assert_eq!(Source::read("//! A.\n#[cfg(test)]\nmod x;\n").lines_without_tests(), 3);
    }
}
