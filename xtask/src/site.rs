//! `target/site`: the browser's half of Baton as the server serves it. Trunk's bundle (`bundle`), one style sheet
//! (`stylesheet`) and the other files of `style/` (the icon) become files named after their content, so that browsers
//! may cache them for ever, with compressed copies beside them (`asset`), listed in `site.json` and put in place at
//! once (`publish`). Unchanged parts are cached.

mod asset;
mod bundle;
mod names;
mod publish;
mod split;
mod stylesheet;

use crate::files::{self, Fingerprint};
use crate::report;
use crate::workspace::Workspace;
use anyhow::{Context, Result};
use asset::Asset;
use std::path::Path;

/// Builds the site unless it is up to date.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    let _alone = lock(workspace)?;
    let bundle = bundle::ensure(workspace)?;
    let wanted = format!("{}\n{}\n", asset::COMPRESSION, inputs(workspace, &bundle)?);
    let stamp = workspace.cache().join("site.stamp");
    let known = std::fs::read_to_string(&stamp).unwrap_or_default();
    if known == wanted && is_built(workspace) {
        return Ok(());
    }
    report::step("Writing the site, with compressed copies", || {
        let assets = assets(workspace)?;
        let reuse = known.lines().next() == Some(asset::COMPRESSION);
        publish::publish(&workspace.site(), &assets, reuse)?;
        std::fs::write(&stamp, &wanted).context("target/xtask cannot be written to")
    })
}

/// Whether there is a site, up to date or not.
pub(crate) fn is_built(workspace: &Workspace) -> bool {
    workspace.site().join("site.json").is_file()
}

/// Prints the sizes of the site's files, plain and compressed.
pub(crate) fn print_sizes(workspace: &Workspace) -> Result<()> {
    report::say(&format!("\n{:44} {:>10} {:>10} {:>10}", "site", "bytes", "brotli", "gzip"));
    for file in files::under(&workspace.site().join("assets"), &[])? {
        let size = |path: &Path| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if asset::is_compressed(&name) {
            continue;
        }
        let beside = |ending: &str| size(&file.with_file_name(format!("{name}.{ending}")));
        let (raw, brotli, gzip) = (size(&file), beside("br"), beside("gz"));
        report::say(&format!("{name:44} {raw:>10} {brotli:>10} {gzip:>10}"));
    }
    Ok(())
}

/// An exclusive lock: two concurrent builds would write the same files.
fn lock(workspace: &Workspace) -> Result<std::fs::File> {
    let folder = workspace.cache();
    std::fs::create_dir_all(&folder).context("the folder target cannot be written to")?;
    let file = std::fs::File::create(folder.join("lock"))?;
    if file.try_lock().is_err() {
        report::say("Waiting for another `cargo xtask` that builds the site…");
        file.lock().context("target/xtask/lock cannot be locked")?;
    }
    Ok(file)
}

fn inputs(workspace: &Workspace, bundle: &str) -> Result<String> {
    let mut fingerprint = Fingerprint::default();
    fingerprint.add("bundle", bundle.as_bytes());
    fingerprint.add_path(&workspace.style(), &[])?;
    Ok(fingerprint.finish())
}

/// All assets of the site.
fn assets(workspace: &Workspace) -> Result<Vec<Asset>> {
    let mut assets = bundle::assets(&workspace.parts())?;
    let stylesheet = stylesheet::join(&workspace.style())?;
    assets.push(Asset::new("baton.css", stylesheet.into_bytes()));
    for file in files::under(&workspace.style(), &[])? {
        if !stylesheet::is_css(&file) {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            assets.push(Asset::new(&name, files::read(&file)?));
        }
    }
    Ok(assets)
}
