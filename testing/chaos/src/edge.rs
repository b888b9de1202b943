//! The edge: the real Envoy with the configuration that ships (`deploy/envoy/envoy.yaml`), on other ports, in front
//! of an issuer and a resource server (the notes service). Each upstream is reached through a [`SwitchableProxy`], so
//! that a scenario can redirect it.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, Result, bail};
use shared::path;

use crate::client;
use crate::instance::{self, Instance};
use crate::route::Route;
use crate::switchable_proxy::SwitchableProxy;
use crate::test_env::TestEnv;
use crate::timing::{STEP_TIMEOUT, Stopwatch, pause};

/// The configuration that ships.
const CONFIGURATION: &str = "deploy/envoy/envoy.yaml";
/// The ports in it: the edge's, Baton's, the notes service's.
const WRITTEN_PORTS: [&str; 3] = ["3000", "3001", "3002"];
/// The text before a port.
const BEFORE_PORTS: [&str; 3] = ["port_value: ", "localhost:", "127.0.0.1:"];
/// Between two readiness checks of the edge.
const BETWEEN_TRIES: std::time::Duration = std::time::Duration::from_millis(50);

/// The edge and the resource server. Both stop when this is dropped.
pub(crate) struct Edge {
    pub(crate) address: SocketAddr,
    /// The issuer's upstream, for the edge's own requests (JWKS) and for forwarded ones.
    pub(crate) to_issuer: SwitchableProxy,
    /// The resource server's upstream.
    pub(crate) to_service: SwitchableProxy,
    pub(crate) service: Arc<Instance>,
    envoy: Process,
}

impl Edge {
    /// Starts the resource server and the edge; `issuer` is the route to the issuer.
    pub(crate) async fn start(env: &TestEnv, issuer: Route) -> Result<Self> {
        let database = format!("sqlite:{}", env.folder().join("notes.db").display());
        let service = env.launch_of(&env.programs.notes).with(&[
            "serve",
            "--listen=127.0.0.1:0",
            "--issuer",
            &env.origin,
            "--audience",
            &audience(env),
            "--database",
            &database,
        ]);
        let service = Arc::new(Instance::start(service).await?);
        let to_issuer = SwitchableProxy::start(issuer).await?;
        let to_service = {
            let service = Arc::clone(&service);
            SwitchableProxy::start(Arc::new(move || service.address())).await?
        };
        let address = listen_address(env)?;
        let ports = [address, to_issuer.address(), to_service.address()].map(|it| it.port());
        let file = env.folder().join("envoy.yaml");
        std::fs::write(&file, with_ports(&std::fs::read_to_string(CONFIGURATION)?, ports)?)?;
        let envoy = Process::start(&env.programs.envoy, &file, env)?;
        Ok(Self { address, to_issuer, to_service, service, envoy })
    }

    /// Waits until the resource server accepts this token through the edge, which fetches the JWKS on its own
    /// schedule.
    pub(crate) async fn wait_until_accepted(&self, access_token: &str) -> Result<()> {
        let stopwatch = Stopwatch::start();
        let mut last = String::new();
        while stopwatch.elapsed() < STEP_TIMEOUT {
            self.envoy.ensure_running()?;
            match client::notes(self.address, access_token).await {
                Ok(answer) if answer.status == 200 => return Ok(()),
                Ok(answer) => last = format!("{} {:?}", answer.status, answer.lossy_body()),
                Err(lost) => last = lost.why,
            }
            pause(BETWEEN_TRIES).await;
        }
        bail!("the edge refuses a valid token: {last}")
    }

    /// Envoy's peak memory, in MiB.
    pub(crate) fn peak_memory(&self) -> Result<u64> {
        self.envoy.ensure_running()?;
        let id = self.envoy.child.lock().expect("waiting does not panic").id();
        instance::memory_of(id, instance::PEAK_MEMORY)
    }
}

/// The notes service's audience (`aud`).
pub(crate) fn audience(env: &TestEnv) -> String {
    format!("{}{}", env.origin, path::NOTES)
}

fn listen_address(env: &TestEnv) -> Result<SocketAddr> {
    let port = env.origin.rsplit(':').next().and_then(|port| port.parse().ok());
    Ok(SocketAddr::from(([127, 0, 0, 1], port.context("an origin with a port")?)))
}

/// The configuration with these ports.
fn with_ports(configuration: &str, ports: [u16; 3]) -> Result<String> {
    let mut text = configuration.to_owned();
    for (written, port) in WRITTEN_PORTS.iter().zip(ports) {
        for before in BEFORE_PORTS {
            text = text.replace(&format!("{before}{written}"), &format!("{before}{port}"));
        }
    }
    // A port that is left would lead to another program.
    if text.lines().filter(|line| !line.trim_start().starts_with('#')).any(|line| {
        WRITTEN_PORTS
            .iter()
            .any(|port| line.split(|c: char| !c.is_ascii_digit()).any(|n| n == *port))
    }) {
        bail!("{CONFIGURATION} names a port that the suite does not know");
    }
    Ok(text)
}

/// A running Envoy. Killed when dropped.
struct Process {
    child: Mutex<Child>,
    log: PathBuf,
}

impl Process {
    fn start(envoy: &Path, configuration: &Path, env: &TestEnv) -> Result<Self> {
        let log = env.log();
        let mut command = Command::new(envoy);
        command.arg("--config-path").arg(configuration);
        // Several may run on one machine: no shared memory for hot restarts.
        command.args(["--disable-hot-restart", "--concurrency", "1", "--log-level", "warning"]);
        command.env_clear().env("PATH", instance::PATH).current_dir(env.folder());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log)?);
        let child = command.spawn();
        let child = child.with_context(|| format!("{} cannot be started", envoy.display()))?;
        Ok(Self { child: Mutex::new(child), log })
    }

    /// Fails, with Envoy's log, if it has exited.
    fn ensure_running(&self) -> Result<()> {
        match self.child.lock().expect("waiting does not panic").try_wait()? {
            None => Ok(()),
            Some(status) => {
                bail!("Envoy has ended with {status}: {}", std::fs::read_to_string(&self.log)?)
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let child = self.child.get_mut().expect("waiting does not panic");
        let _ = child.kill();
        let _ = child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::with_ports;

    #[test]
    fn every_port_is_another_and_an_unknown_one_is_an_error() {
        let written =
            "port_value: 3001\nuri: http://127.0.0.1:3001/\nissuer: http://localhost:3000";
        let read = with_ports(written, [40_000, 40_001, 40_002]).expect("all are known");
        assert!(read.contains("port_value: 40001") && read.contains("127.0.0.1:40001/"));
        assert!(read.ends_with("localhost:40000"));
        assert!(with_ports("port: 3001", [1, 2, 3]).is_err());
    }
}
