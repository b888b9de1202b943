//! The shape of the HTML that hydration relies on: the sequence of elements, texts and comments under the
//! application's root. The start script compares it with the document: extensions, translators and proxies change
//! documents before scripts run, and hydration over another shape traps, or binds to foreign elements.

/// The start tag of the root, up to the value of the attribute that holds the shape.
const ROOT: &str = "<div id=\"app\" data-shape=\"";

/// Elements without an end tag (HTML section 13.1.2).
const VOID: [&str; 13] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
];
/// Elements whose content is one text when scripts run (HTML section 13.2.6.4).
const TEXT_ONLY: [&str; 5] = ["noscript", "script", "style", "textarea", "title"];

/// Writes the shape of the root's content into the root's attribute.
#[must_use]
pub fn seal(mut html: String) -> String {
    if let Some(start) = html.find(ROOT) {
        let value = start + ROOT.len();
        let (_, content) = split_after(&html[value..], ">");
        let shape = shape(content);
        html.insert_str(value, &shape);
    }
    html
}

/// FNV-1a, 32 bits: it detects changes, not attacks.
struct Hash(u32);

impl Hash {
    fn add(&mut self, text: &str) {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
    }
}

/// The shape of well-formed HTML, up to the end tag of the surrounding element. Equal to `shape` in start.js.
fn shape(mut rest: &str) -> String {
    let mut hash = Hash(0x811c_9dc5);
    let mut depth = 0_u32;
    while !rest.is_empty() {
        if let Some(comment) = rest.strip_prefix("<!--") {
            hash.add("!");
            rest = split_after(comment, "-->").1;
        } else if let Some(comment) = rest.strip_prefix("<!") {
            hash.add("!");
            rest = split_after(comment, ">").1;
        } else if let Some(end_tag) = rest.strip_prefix("</") {
            if depth == 0 {
                break;
            }
            depth -= 1;
            hash.add(">");
            rest = split_after(end_tag, ">").1;
        } else if let Some(tag) = rest.strip_prefix('<') {
            let (tag, content) = tag.split_at(end_of(tag));
            let name = tag.split([' ', '/', '>', '\n', '\t']).next().unwrap_or(tag);
            let name = name.to_ascii_lowercase();
            hash.add("<");
            hash.add(&name);
            rest = content;
            if VOID.contains(&&*name) || tag.ends_with("/>") {
                hash.add(">");
            } else if TEXT_ONLY.contains(&&*name) {
                let (text, after) = split_after(content, &format!("</{name}>"));
                hash.add(if text.is_empty() { ">" } else { "#>" });
                rest = after;
            } else {
                depth += 1;
            }
        } else {
            hash.add("#");
            rest = &rest[rest.find('<').unwrap_or(rest.len())..];
        }
    }
    format!("{:08x}", hash.0)
}

/// The index after a tag's `>`; a `>` inside the value of an attribute does not count.
fn end_of(tag: &str) -> usize {
    let mut quote = None;
    for (at, c) in tag.char_indices() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None, '>') => return at + 1,
            _ => {}
        }
    }
    tag.len()
}

/// The text before and after `mark`; all of it before if there is none.
fn split_after<'a>(text: &'a str, mark: &str) -> (&'a str, &'a str) {
    text.split_once(mark).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = "<form id=\"f\"><!><label>Email</label><input type=\"email\"><svg><path d=\"M0 0\"/></svg>\
        <noscript><p>off</p></noscript></form>";

    #[test]
    fn attributes_and_the_words_of_texts_do_not_count() {
        for same in [
            FORM.replace("id=\"f\"", "id='g' class=\"a > b\""),
            FORM.replace("Email", "E-Mail"),
            FORM.replace("<!>", "<!--more-->"),
            FORM.replace("<p>off</p>", "off"),
            format!("{FORM}</div><p>outside</p>"),
        ] {
            assert_eq!(shape(&same), shape(FORM), "{same}");
        }
    }

    #[test]
    fn every_node_counts() {
        for other in [
            FORM.replace("<!>", ""),
            FORM.replace("Email", ""),
            FORM.replace("Email", "Email<!>"),
            FORM.replace("Email", "<font>Email</font>"),
            FORM.replace("<label>", "<div></div><label>"),
            FORM.replace("</label>", "</label> "),
            FORM.replace("<input type=\"email\">", "<span><input type=\"email\"></span>"),
            FORM.replace("<path d=\"M0 0\"/>", ""),
            FORM.replace("<label>Email</label>", "<label></label>Email"),
        ] {
            assert_ne!(shape(&other), shape(FORM), "{other}");
        }
    }

    /// The same value as the start script's for the same nodes.
    #[test]
    fn an_empty_root_has_the_offset_basis() {
        assert_eq!(shape("</div>"), "811c9dc5");
        assert_eq!(
            shape("a</div>"),
            format!("{:08x}", (0x811c_9dc5_u32 ^ 0x23).wrapping_mul(0x0100_0193))
        );
    }

    #[test]
    fn the_shape_is_written_into_the_root() {
        let page = |shape| {
            format!("<body><p>x</p><div id=\"app\" data-shape=\"{shape}\"><p>y</p></div></body>")
        };
        assert_eq!(seal(page("")), page(&shape("<p>y</p>")));
        assert_eq!(seal("no root".to_owned()), "no root");
    }
}
