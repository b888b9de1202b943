//! The two parts of the program: what every first page needs, and the rest (`frontend/src/part.rs`). Trunk knows one
//! program only, so its compiled program is split here before wasm-bindgen writes its JavaScript, wasm-opt shrinks
//! each part, and esbuild joins and shrinks the JavaScript.

use super::names;
use crate::files;
use crate::process;
use crate::workspace::Workspace;
use anyhow::{Context, Result, anyhow};
use std::path::{Path, PathBuf};

/// The names of the results.
pub(super) const SCRIPT: &str = "frontend.js";
pub(super) const WASM: &str = "frontend_bg.wasm";
pub(super) const SECOND_PART: &str = "second_part.wasm";

/// What the splitter calls the second part: `split_` and the name in `#[wasm_split]`.
const SPLIT_OFF: &str = "split_second_part.wasm";
/// The script that loads it, imported by the first part.
const LOADER: &str = "loader.js";

/// Measured with brotli: higher levels inline, and what is inlined compresses worse.
const OPTIMISATION: [&str; 4] = ["-O1", "--dae-optimizing", "--strip-debug", "--strip-producers"];

/// Writes the parts of the program that Trunk has compiled into `into`.
pub(super) fn split(workspace: &Workspace, into: &Path) -> Result<()> {
    let work = into.with_extension("work");
    for folder in [into, &*work] {
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
        std::fs::create_dir_all(folder)?;
    }
    let first = work.join("first.wasm");
    split_off(&compiled(workspace), &first, &work)?;
    let bound = work.join("bound");
    bind(workspace, &first, &bound)?;
    shorten_names(&bound)?;
    optimise(workspace, &bound.join(WASM), &into.join(WASM))?;
    optimise(workspace, &work.join(SPLIT_OFF), &into.join(SECOND_PART))?;
    let loader = files::read_text(&work.join(LOADER))?;
    std::fs::write(bound.join(LOADER), with_second_part(&loader)?)?;
    shrink(workspace, &bound.join(SCRIPT), &into.join(SCRIPT))?;
    std::fs::remove_dir_all(&work)?;
    Ok(())
}

/// The program as cargo has compiled it for Trunk.
fn compiled(workspace: &Workspace) -> PathBuf {
    workspace.target().join("wasm32-unknown-unknown/wasm-release/frontend.wasm")
}

fn split_off(program: &Path, first: &Path, folder: &Path) -> Result<()> {
    let program = names::without_exports(&files::read(program)?, is_of_streams)?;
    let loader = format!("./{LOADER}");
    let script = format!("./{SCRIPT}");
    let mut options = wasm_split_cli_support::Options::new(&program);
    options.output_dir = folder;
    options.main_out_path = first;
    options.link_name = &loader;
    options.main_module = &script;
    wasm_split_cli_support::transform(options)
        .map_err(|error| anyhow!("{error:#}"))
        .context("the program could not be split; .cargo/config.toml must keep its relocations")?;
    Ok(())
}

/// Streams of server functions: a dependency of Leptos exports them to JavaScript, which keeps their code, although
/// the site has no server functions.
fn is_of_streams(export: &str) -> bool {
    export.contains("intounderlying")
}

fn bind(workspace: &Workspace, program: &Path, into: &Path) -> Result<()> {
    let mut bindgen = process::command(workspace, "wasm-bindgen");
    // The second part refers to the first by the linker's names.
    bindgen.args(["--target=web", "--no-typescript", "--keep-lld-exports", "--no-demangle"]);
    bindgen.args(["--out-name=frontend", "--out-dir"]).arg(into).arg(program);
    process::run(&mut bindgen)
}

fn shorten_names(bound: &Path) -> Result<()> {
    let (wasm, script) = (bound.join(WASM), bound.join(SCRIPT));
    let (module, text) =
        names::with_short_imports(&files::read(&wasm)?, &files::read_text(&script)?)?;
    std::fs::write(wasm, module)?;
    std::fs::write(script, text)?;
    Ok(())
}

fn optimise(workspace: &Workspace, from: &Path, to: &Path) -> Result<()> {
    let mut optimiser = process::command(workspace, "wasm-opt");
    process::run(optimiser.args(OPTIMISATION).arg(from).arg("-o").arg(to))
}

/// The loader takes the second part from the start script, which knows its name and may have begun to download it.
fn with_second_part(loader: &str) -> Result<String> {
    let fetch = format!("fetch(new URL(\"./{SPLIT_OFF}\", import.meta.url))");
    if !loader.contains(&fetch) {
        anyhow::bail!("the splitter's loader has changed: it has no `{fetch}`");
    }
    Ok(loader.replace(&fetch, "globalThis.fetchSecondPart()"))
}

/// One file of all scripts: another file would be another round trip, and another instance of the program needs
/// another loader.
fn shrink(workspace: &Workspace, from: &Path, to: &Path) -> Result<()> {
    let mut esbuild = process::command(workspace, "esbuild");
    esbuild.arg(from).args(["--bundle", "--minify", "--format=esm", "--target=es2022"]);
    process::run(esbuild.arg("--log-level=warning").arg(format!("--outfile={}", to.display())))
}

#[cfg(test)]
mod tests {
    use super::with_second_part;

    #[test]
    fn the_loader_takes_the_download_of_the_start_script() {
        let loader = "const src = fetch(new URL(\"./split_second_part.wasm\", import.meta.url));";
        let with = with_second_part(loader).expect("it is as expected");
        assert_eq!(with, "const src = globalThis.fetchSecondPart();");
        assert!(with_second_part("import('./split_second_part.wasm')").is_err());
    }
}
