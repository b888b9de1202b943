//! What the workloads share: the programs, the sizes of the run, the yardstick, and an installation of Baton on each
//! engine that runs from the first round to the last.

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use crate::arguments::Options;
use crate::cpus::Cpus;
use crate::database::Engine;
use crate::scale::Scale;
use crate::server::Server;
use crate::target::{Programs, Target};

/// The servers under test.
pub(crate) struct Bench {
    pub(crate) scale: Scale,
    pub(crate) programs: Programs,
    pub(crate) bare: Server,
    pub(crate) steady: Vec<Target>,
    /// The yardstick's log.
    folder: TempDir,
}

impl Bench {
    /// Starts the servers and logs the users in.
    pub(crate) fn start(options: &Options, cpus: Cpus) -> Result<Self> {
        let binary = std::fs::canonicalize(&options.binary).with_context(|| {
            let binary = options.binary.display();
            format!("{binary} is not there: `cargo xtask build --release` makes it")
        })?;
        let scratch = std::fs::canonicalize(&options.scratch)
            .with_context(|| format!("there is no folder {}", options.scratch.display()))?;
        let site = options.site.as_ref().map(std::fs::canonicalize).transpose();
        let site = site.context("there is no such site: `cargo xtask build` makes it")?;
        let postgres = options.postgres.clone();
        let programs = Programs { binary, site, scratch, postgres, cpus };
        let (scale, folder) = (Scale::of(options), programs.folder()?);
        let bare = bare(&programs, &folder)?;
        let engines = engines(&programs).into_iter();
        let steady = engines.map(|engine| Target::start(&programs, engine, scale.sessions));
        let steady = steady.collect::<Result<Vec<Target>>>()?;
        Ok(Self { scale, programs, bare, steady, folder })
    }

    /// A second yardstick, whose memory no workload has touched.
    pub(crate) fn fresh_bare(&self) -> Result<Server> {
        bare(&self.programs, &self.folder)
    }

    /// The engines that can be measured.
    pub(crate) fn engines(&self) -> Vec<Engine> {
        engines(&self.programs)
    }

    /// The installation on this engine that runs all the time.
    pub(crate) fn steady(&mut self, engine: Engine) -> Result<&mut Target> {
        let mut steady = self.steady.iter_mut();
        steady.find(|target| target.engine() == engine).context("this engine is not measured")
    }
}

fn engines(programs: &Programs) -> Vec<Engine> {
    let mut engines = vec![Engine::Sqlite];
    engines.extend(programs.postgres.as_ref().map(|_| Engine::Postgres));
    engines
}

/// This program as the yardstick.
fn bare(programs: &Programs, folder: &TempDir) -> Result<Server> {
    let own = std::env::current_exe().context("the path of this program is unknown")?;
    let mut command = programs.cpus.command(&own, 0);
    command.arg("bare");
    Server::start(command, &folder.path().join("bare.log"))
}
