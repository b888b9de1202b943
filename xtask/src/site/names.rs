//! The names of a WebAssembly module's imports and exports (WebAssembly Core Specification 2.0, sections 5.5.5 and
//! 5.5.10). wasm-bindgen ends each with a hash, which no compression makes smaller.

use anyhow::{Context, Result, bail, ensure};
use std::borrow::Cow;

/// The module of the imports that wasm-bindgen writes in JavaScript.
const BINDINGS: &str = "./frontend_bg.js";

const IMPORT_SECTION: u8 = 2;
const EXPORT_SECTION: u8 = 7;
const FUNCTION: u8 = 0;
/// The magic number and the version.
const HEADER_BYTES: usize = 8;

/// The module without the exports whose names `is_dropped` picks.
pub(super) fn without_exports(module: &[u8], is_dropped: fn(&str) -> bool) -> Result<Vec<u8>> {
    with_section(module, EXPORT_SECTION, |mut exports| {
        let mut kept = 0;
        let mut entries = Vec::new();
        for _ in 0..exports.number()? {
            let before = exports.rest;
            let name = exports.name()?;
            exports.byte()?;
            exports.number()?;
            if !is_dropped(name) {
                kept += 1;
                entries.extend_from_slice(&before[..before.len() - exports.rest.len()]);
            }
        }
        let mut content = Vec::new();
        write_number(kept, &mut content);
        content.append(&mut entries);
        Ok(content)
    })
}

/// The module and wasm-bindgen's script for it with a number in place of each name that only these two share.
pub(super) fn with_short_imports(module: &[u8], script: &str) -> Result<(Vec<u8>, String)> {
    let mut script = script.to_owned();
    let module = with_section(module, IMPORT_SECTION, |mut imports| {
        let mut content = Vec::new();
        let count = imports.number()?;
        write_number(count, &mut content);
        for number in 0..count {
            let (from, name) = (imports.name()?, imports.name()?);
            ensure!(imports.byte()? == FUNCTION, "the import {name} is no function");
            let signature = imports.number()?;
            let short = number.to_string();
            let is_renamed = from == BINDINGS;
            if is_renamed {
                script = with_member_renamed(&script, name, &short)?;
            }
            write_name(from, &mut content);
            write_name(if is_renamed { &short } else { name }, &mut content);
            content.push(FUNCTION);
            write_number(signature, &mut content);
        }
        Ok(content)
    })?;
    Ok((module, script))
}

/// The script with another name of one member of the object of imports, which has one member on each line.
fn with_member_renamed(script: &str, name: &str, short: &str) -> Result<String> {
    let member = format!("\n        {name}: ");
    let times = script.matches(&member).count();
    ensure!(times == 1, "wasm-bindgen's script has changed: {times} members {name}");
    Ok(script.replacen(&member, &format!("\n        {short}: "), 1))
}

/// The module with another content of the section `id`. Offsets in other sections count from their own beginning.
fn with_section(
    module: &[u8],
    id: u8,
    mut rewrite: impl FnMut(Reader<'_>) -> Result<Vec<u8>>,
) -> Result<Vec<u8>> {
    let mut module = Reader { rest: module };
    let mut rewritten = module.take(HEADER_BYTES)?.to_vec();
    while !module.rest.is_empty() {
        let found = module.byte()?;
        let length = module.number()?;
        let mut content = Cow::Borrowed(module.take(length)?);
        if found == id {
            content = Cow::Owned(rewrite(Reader { rest: &content })?);
        }
        rewritten.push(found);
        write_number(content.len(), &mut rewritten);
        rewritten.extend_from_slice(&content);
    }
    Ok(rewritten)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count).context("the module is cut short")?;
        self.rest = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    /// In LEB128.
    fn number(&mut self) -> Result<usize> {
        let mut number = 0;
        for shift in (0..32).step_by(7) {
            let byte = self.byte()?;
            number |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        bail!("a number of the module has more than 32 bits")
    }

    fn name(&mut self) -> Result<&'a str> {
        let length = self.number()?;
        std::str::from_utf8(self.take(length)?).context("a name of the module is not UTF-8")
    }
}

fn write_number(mut number: usize, into: &mut Vec<u8>) {
    loop {
        let low = u8::try_from(number & 0x7f).expect("seven bits fit");
        number >>= 7;
        if number == 0 {
            into.push(low);
            return;
        }
        into.push(low | 0x80);
    }
}

fn write_name(name: &str, into: &mut Vec<u8>) {
    write_number(name.len(), into);
    into.extend_from_slice(name.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::{BINDINGS, with_short_imports, without_exports, write_name, write_number};

    /// A module with these functions imported, and these exported.
    fn module(imports: &[(&str, &str)], exports: &[&str]) -> Vec<u8> {
        let mut module = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0".to_vec();
        let mut content = vec![u8::try_from(imports.len()).expect("few")];
        for (from, name) in imports {
            write_name(from, &mut content);
            write_name(name, &mut content);
            content.extend_from_slice(&[0, 0]);
        }
        add(2, &content, &mut module);
        let mut content = vec![u8::try_from(exports.len()).expect("few")];
        for name in exports {
            write_name(name, &mut content);
            content.extend_from_slice(&[0, 0]);
        }
        add(7, &content, &mut module);
        module
    }

    fn add(section: u8, content: &[u8], module: &mut Vec<u8>) {
        module.push(section);
        write_number(content.len(), module);
        module.extend_from_slice(content);
    }

    #[test]
    fn a_dropped_export_is_no_longer_there() {
        let long = "x".repeat(300);
        let before = module(&[("a", "b")], &["keep", "drop_1", &long, "drop_2"]);
        let after = without_exports(&before, |name| name.starts_with("drop")).expect("valid");
        assert_eq!(after, module(&[("a", "b")], &["keep", &long]));
        assert!(without_exports(&before[..before.len() - 1], |_| false).is_err());
    }

    #[test]
    fn module_and_script_get_the_same_short_names() {
        let before = module(&[("./loader.js", "load"), (BINDINGS, "__wbg_log_0a1b")], &["run"]);
        let script = "const import0 = {\n        __wbg_log_0a1b: function(arg0) {\n        },\n";
        let (after, short) = with_short_imports(&before, script).expect("valid");
        assert_eq!(after, module(&[("./loader.js", "load"), (BINDINGS, "1")], &["run"]));
        assert_eq!(short, "const import0 = {\n        1: function(arg0) {\n        },\n");
        assert!(with_short_imports(&before, "const import0 = {};").is_err());
    }
}
