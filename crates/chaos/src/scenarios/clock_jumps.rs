//! Somebody sets the machine's clock, an hour off and back. Access tokens live by the clock: they may
//! be refused for a while, and a refresh heals that. Sessions are not decided by it.
//!
//! The clock is libfaketime's (Debian package `faketime`), which reads the offset from a file that
//! changes while the program runs. Only the wall clock moves; timers go on as they are.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};

use crate::checker;
use crate::client::Client;
use crate::instance::Instance;
use crate::stage::Stage;

const CLIENTS: usize = 4;
/// One hour in each direction, and always back; access tokens live a quarter of an hour.
const JUMPS: [&str; 4] = ["+3600", "+0", "-3600", "+0"];
/// Debian's places for the library.
const LIBRARIES: [&str; 3] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/faketime/libfaketimeMT.so.1",
];

/// Nobody is signed out by a clock.
pub(crate) async fn play(stage: Arc<Stage>) -> Result<()> {
    let library = LIBRARIES.iter().find(|library| Path::new(library).is_file());
    let library = library.context("libfaketime is not there: `apt-get install faketime`")?;
    let hands = stage.folder().join("offset");
    set(&hands, "+0")?;
    let mut launch = stage.launch();
    launch.environment = vec![
        ("LD_PRELOAD".to_owned(), (*library).to_owned()),
        ("FAKETIME_TIMESTAMP_FILE".to_owned(), hands.display().to_string()),
        ("FAKETIME_NO_CACHE".to_owned(), "1".to_owned()),
        ("DONT_FAKE_MONOTONIC".to_owned(), "1".to_owned()),
        ("FAKETIME_DONT_FAKE_MONOTONIC".to_owned(), "1".to_owned()),
        ("NO_FAKE_STAT".to_owned(), "1".to_owned()),
    ];
    let instance = Instance::start(launch).await?;
    let at = instance.address();
    let mut clients = Client::several(&stage, at, CLIENTS).await?;
    let mut refused = 0;
    for _ in 0..stage.rounds {
        for jump in JUMPS {
            set(&hands, jump)?;
            for client in &mut clients {
                // From another hour: it holds, or it is refused as a bad token is.
                match client.me(at).await {
                    Some(200) => {}
                    Some(401) => refused += 1,
                    other => bail!("a token from before the jump to {jump} was answered {other:?}"),
                }
                client.refresh(|| at).await?;
                if client.me(at).await != Some(200) {
                    bail!("a token from after the jump to {jump} does not hold");
                }
            }
        }
    }
    if refused == 0 {
        bail!("the clock did not move: no access token was ever refused");
    }
    stage.remark(format!("{refused} access tokens were refused for the time, and renewed"));
    checker::check(&stage, at, &mut clients).await
}

/// Replaced whole, so that nobody reads half an offset.
fn set(hands: &PathBuf, offset: &str) -> Result<()> {
    let next = hands.with_extension("next");
    std::fs::write(&next, format!("{offset}\n"))?;
    Ok(std::fs::rename(&next, hands)?)
}
