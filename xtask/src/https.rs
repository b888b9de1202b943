//! `cargo xtask run --https`: Baton at https://localhost, for browsers that store no `Secure` cookie of a page over
//! http. TLS ends here, in front of the server, which stays on loopback and speaks http. It is for developers:
//! production has its own proxy (docs/operating.md).

pub(crate) mod certificate;
mod proxy;

use crate::run::TRUST_CLOCK;
use crate::workspace::Workspace;
use crate::{build, environment, process, report};
use anyhow::{Context, Result, bail};
use certificate::Certificate;
use proxy::Proxy;
use rustls::pki_types::UnixTime;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::signal::unix::{SignalKind, signal};

/// The default port.
pub(crate) const PORT: &str = "3443";
/// The server's first line of output, once it is ready.
const READY: &str = "listening on http://";

/// Builds, then serves until the server ends or a signal arrives.
pub(crate) fn run(
    workspace: &Workspace,
    release: bool,
    port: u16,
    arguments: &[OsString],
) -> Result<()> {
    reject_address_settings(arguments)?;
    // Fail early if the port is taken: the build takes minutes.
    let proxy = Proxy::bind(port)?;
    build::site_and_program(workspace, release)?;
    let certificate = certificate::ensure(&certificate::folder(workspace), UnixTime::now())?;
    let origin = format!("https://localhost:{}", proxy.port()?);
    report::heading(&welcome(&origin));
    report::say(&certificate.how_to_trust());
    let mut serve = process::command(workspace, workspace.program(release));
    serve.args(["serve", "--listen", "127.0.0.1:0", "--origin", &origin]).args(arguments);
    if !arguments.iter().any(|argument| argument == TRUST_CLOCK) {
        serve.arg(TRUST_CLOCK);
    }
    // From the environment they would set a second address.
    serve.env_remove("BATON_LISTEN").env_remove("BATON_ORIGIN").stdout(Stdio::piped());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve_behind(proxy, &certificate, serve.into()))
}

fn welcome(origin: &str) -> String {
    format!("Starting Baton: open {origin} once `listening on` appears below. Ctrl-C stops it.")
}

/// Refuses settings of the address: behind the proxy, the server's address is fixed.
fn reject_address_settings(arguments: &[OsString]) -> Result<()> {
    for name in ["--listen", "--origin"] {
        if arguments.iter().filter_map(|it| it.to_str()).any(|it| it.starts_with(name)) {
            bail!(
                "{name} and --https contradict each other: Baton listens where TLS ends, on loopback. For another \
                 port: `cargo xtask run --https=4443`"
            );
        }
    }
    for name in ["BATON_LISTEN", "BATON_ORIGIN"] {
        if environment::variable(name).is_some() {
            report::say(&format!("    {name} is ignored: --https says where Baton is"));
        }
    }
    Ok(())
}

async fn serve_behind(proxy: Proxy, certificate: &Certificate, mut serve: Command) -> Result<()> {
    let mut server = serve
        .kill_on_drop(true)
        .spawn()
        .context("the server could not be started; `cargo xtask build` builds it")?;
    let output = server.stdout.take().context("the pipe was asked for")?;
    let mut lines = BufReader::new(output).lines();
    if let Some(address) = address_of(&mut lines).await? {
        tokio::spawn(proxy.serve(certificate.acceptor()?, address));
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                report::say(&line);
            }
        });
    }
    supervise(&mut server).await
}

/// Prints the server's output until it is ready. `None` if it ended before that.
async fn address_of(lines: &mut Lines<BufReader<ChildStdout>>) -> Result<Option<SocketAddr>> {
    while let Some(line) = lines.next_line().await? {
        report::say(&line);
        if let Some(address) = line.strip_prefix(READY) {
            return Ok(Some(address.parse().context("the server named no address")?));
        }
    }
    Ok(None)
}

/// Waits for the server. A signal to xtask also stops the server: Ctrl-C in a terminal reaches both, a signal by
/// `kill` reaches only xtask.
async fn supervise(server: &mut Child) -> Result<()> {
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut hangup = signal(SignalKind::hangup())?;
    let signal_code = tokio::select! {
        status = server.wait() => {
            let status = status?;
            if status.success() {
                return Ok(());
            }
            let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
            // The server has reported the error.
            return Err(process::Failed::reported("baton serve", code).into());
        }
        _ = interrupt.recv() => 130,
        _ = terminate.recv() => 143,
        _ = hangup.recv() => 129,
    };
    if let Some(id) = server.id().and_then(|id| rustix::process::Pid::from_raw(id.cast_signed())) {
        // It may have ended by itself in the meantime.
        let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
    }
    server.wait().await?;
    Err(process::Failed::reported("baton serve", signal_code).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_beside_https_is_refused_with_the_reason() {
        for argument in ["--listen=127.0.0.1:80", "--origin"] {
            let refused = reject_address_settings(&[argument.into()]).expect_err("a contradiction");
            assert!(refused.to_string().contains("--https=4443"), "{refused}");
        }
        reject_address_settings(&["--access-token-seconds".into(), "5".into()])
            .expect("no contradiction");
    }
}
