//! PostgreSQL's programs, for the tests' own cluster: installed ones, or Debian's. By default Debian's package starts
//! a cluster when it is installed; that one is never used.

use super::debian;
use crate::workspace::Workspace;
use crate::{environment, files, report};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// Debian's folder for the programs of each version; `PATH` has only their wrappers.
const DEBIAN: &str = "/usr/lib/postgresql";
/// The programs that a cluster needs.
const PROGRAMS: [&str; 3] = ["initdb", "pg_ctl", "postgres"];
/// A setting that Debian's server package reads on installation; `postgresql-common` brings it.
const CREATE_CLUSTER: &str = "/etc/postgresql-common/createcluster.conf";

const REMEDY: &str = "no PostgreSQL was found and none could be installed. One of these helps: on \
    Debian `sudo apt-get install postgresql`; elsewhere, install it and put the folder of `initdb` and \
    `pg_ctl` on PATH; or set BATON_TEST_POSTGRES to the URL of a cluster that tests may use, or to \
    `none` to leave PostgreSQL out";

/// The folder of the newest installed programs, which are installed if they are missing.
pub(crate) fn ensure(workspace: &Workspace) -> Result<PathBuf> {
    if let Some(found) = installed() {
        return Ok(found);
    }
    if debian::is_debian() && debian::is_root(workspace) {
        report::step("Installing Debian's PostgreSQL, takes a minute…", || {
            debian::install(workspace, "postgresql-common").context(REMEDY)?;
            refuse_a_main_cluster()?;
            debian::install(workspace, "postgresql").context(REMEDY)
        })?;
    }
    installed().context(REMEDY)
}

fn installed() -> Option<PathBuf> {
    let on_path = environment::on_path("initdb").and_then(|file| Some(file.parent()?.to_owned()));
    let debians = std::fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let debians = debians.map(|version| version.path().join("bin"));
    newest(on_path.into_iter().chain(debians).filter(|folder| is_complete(folder)))
}

fn is_complete(folder: &Path) -> bool {
    PROGRAMS.iter().all(|program| folder.join(program).is_file())
}

/// The folder of the highest version; a folder on `PATH` has no version in its name, and was chosen by the user.
fn newest(folders: impl Iterator<Item = PathBuf>) -> Option<PathBuf> {
    folders.max_by_key(|folder| {
        let version = folder.parent().and_then(Path::file_name).and_then(|name| name.to_str());
        version.and_then(|version| version.parse::<u32>().ok()).unwrap_or(u32::MAX)
    })
}

/// Unless an administrator has decided otherwise, prevents the main cluster of a server that is installed only for
/// tests.
fn refuse_a_main_cluster() -> Result<()> {
    let file = Path::new(CREATE_CLUSTER);
    let text = files::read_text(file)?;
    if text.lines().any(|line| line.trim_start().starts_with("create_main_cluster")) {
        return Ok(());
    }
    std::fs::write(file, format!("{text}\ncreate_main_cluster = false\n"))
        .with_context(|| format!("{CREATE_CLUSTER} cannot be written"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_numbers_and_not_words() {
        let folders = ["/p/9/bin", "/p/15/bin", "/p/13/bin"].map(PathBuf::from);
        assert_eq!(newest(folders.into_iter()), Some("/p/15/bin".into()));
        let folders = ["/p/15/bin", "/opt/postgres/bin"].map(PathBuf::from);
        assert_eq!(newest(folders.into_iter()), Some("/opt/postgres/bin".into()));
    }
}
