//! The style sheet: one file per component in `style/`, one file for the browser. The order is
//! fixed, because the first line to name a cascade layer decides its rank.

use crate::files;
use anyhow::{Result, bail};
use std::path::Path;

/// The files at the top of `style/`, in the order of concatenation.
const ORDER: [&str; 6] =
    ["layers.css", "reset.css", "tokens.css", "base.css", "layout.css", "utilities.css"];

/// Concatenates all of `style/`: the top in its order, then the components by name.
pub(crate) fn join(style: &Path) -> Result<String> {
    let mut sheet = String::new();
    for name in ORDER {
        append(&mut sheet, &files::read_text(&style.join(name))?);
    }
    for file in files::under(style, &[])?.iter().filter(|file| is_css(file)) {
        let name = file.strip_prefix(style).unwrap_or(file);
        if name.parent() == Some(Path::new("components")) {
            append(&mut sheet, &files::read_text(file)?);
        } else if !ORDER.iter().any(|known| name == Path::new(known)) {
            bail!(
                "style/{} has no place in the style sheet. Components go into \
                 style/components/*.css; another file needs a place in ORDER, in \
                 xtask/src/site/stylesheet.rs",
                name.display()
            );
        }
    }
    Ok(sheet)
}

/// Other files in `style/` are served unchanged.
pub(crate) fn is_css(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "css")
}

fn append(sheet: &mut String, text: &str) {
    sheet.push_str(text.trim_end());
    sheet.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Folder;

    fn style(folder: &Folder) {
        for name in ORDER {
            folder.write(name, &format!("/* {name} */\n\n"));
        }
        folder.write("components/b.css", "b");
        folder.write("components/a.css", "a");
        folder.write("favicon.svg", "<svg/>");
    }

    #[test]
    fn the_layers_come_first_and_the_components_last() {
        let folder = Folder::new("stylesheet-order");
        style(&folder);
        let sheet = join(&folder.0).expect("every file is known");
        assert!(sheet.starts_with("/* layers.css */\n/* reset.css */\n"));
        assert!(sheet.ends_with("/* utilities.css */\na\nb\n"));
    }

    #[test]
    fn a_file_without_a_place_is_an_error() {
        let folder = Folder::new("stylesheet-unknown");
        style(&folder);
        folder.write("print.css", "");
        let error = join(&folder.0).expect_err("print.css has no place");
        assert!(error.to_string().contains("style/print.css"));
    }
}
