//! Publishes the site: written beside the old one, then exchanged by renaming, so that a running server never reads a
//! half-written site.

use super::asset::Asset;
use anyhow::{Context, Result};
use std::path::Path;
use std::thread::ScopedJoinHandle;

/// Replaces the folder `site` by one with `assets` and their list.
///
/// With `reuse`, the old site's compressed copies are still valid and are taken over from it.
pub(crate) fn publish(site: &Path, assets: &[Asset], reuse: bool) -> Result<()> {
    let new = site.with_extension("new");
    let old = site.with_extension("old");
    for left_over in [&new, &old] {
        if left_over.exists() {
            std::fs::remove_dir_all(left_over)?;
        }
    }
    let (folder, previous) = (new.join("assets"), site.join("assets"));
    std::fs::create_dir_all(&folder)?;
    write_all(assets, &folder, reuse.then_some(previous.as_path()))?;
    std::fs::write(new.join("site.json"), list(assets)?)?;
    if site.exists() {
        std::fs::rename(site, &old)?;
    }
    std::fs::rename(&new, site).context("the new site could not be put in place")?;
    if old.exists() {
        std::fs::remove_dir_all(&old)?;
    }
    Ok(())
}

/// At the same time: compressing takes seconds for each part of the program.
fn write_all(assets: &[Asset], folder: &Path, previous: Option<&Path>) -> Result<()> {
    std::thread::scope(|scope| {
        let mut writers = Vec::new();
        for asset in assets {
            writers.push(scope.spawn(move || asset.write(folder, previous)));
        }
        let mut ends = writers.into_iter().map(ScopedJoinHandle::join);
        ends.try_for_each(|end| end.expect("compressing does not panic"))
    })
}

/// `site.json`: the file names of the assets that every page needs.
fn list(assets: &[Asset]) -> Result<String> {
    let find = |name: &str| assets.iter().find(|asset| asset.is(name)).map(Asset::path);
    let need = |name: &str| find(name).with_context(|| format!("the site lacks {name}"));
    let list = serde_json::json!({
        "stylesheet": need("baton.css")?,
        "script": need("frontend.js")?,
        "wasm": need("frontend_bg.wasm")?,
        "second_part": need("second_part.wasm")?,
        "icon": find("favicon.svg"),
    });
    Ok(serde_json::to_string_pretty(&list)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Folder;

    fn site(style: &str) -> Vec<Asset> {
        let of = |name: &str, text: &str| Asset::new(name, text.as_bytes().to_vec());
        let (script, wasm) = (of("frontend.js", "js"), of("frontend_bg.wasm", "wasm"));
        vec![of("baton.css", style), script, wasm, of("second_part.wasm", "more wasm")]
    }

    #[test]
    fn a_new_site_replaces_the_old_one_whole() {
        let folder = Folder::new("publish");
        let place = folder.0.join("site");
        publish(&place, &site("old"), true).expect("the first site");
        publish(&place, &site("new"), true).expect("the second site");
        let listed: serde_json::Value =
            serde_json::from_str(&folder.read("site/site.json")).expect("it is JSON");
        assert_eq!(listed["icon"], serde_json::Value::Null);
        assert_eq!(listed["stylesheet"], site("new")[0].path());
        let files = crate::files::under(&folder.0, &[]).expect("the folder is there");
        assert_eq!(files.len(), 4 * 3 + 1, "nothing of the old site is left: {files:?}");
    }

    #[test]
    fn a_site_without_a_script_is_an_error() {
        let error = list(&site("css")[..1]).expect_err("there is no script");
        assert_eq!(error.to_string(), "the site lacks frontend.js");
    }
}
