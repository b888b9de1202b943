//! Users of the resource server under load: each lists their notes in a loop, through the edge. Any answer but 200 is
//! a failure.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::client::Client;
use crate::load::Load;
use crate::timing::pause;

/// Between two calls of one user.
const BETWEEN_CALLS: Duration = Duration::from_millis(100);

/// Which access token a user presents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenUse {
    /// The one it has, until it expires.
    Keep,
    /// A fresh one for each call.
    RefreshFirst,
    /// As the page does: the cached one; after a 401, refresh and retry once.
    RefreshOn401,
}

/// Starts them, half with each policy.
pub(crate) fn start(clients: Vec<Client>, at: SocketAddr, uses: [TokenUse; 2]) -> Load {
    Load::of(clients, move |number, _, mut client| async move {
        pause(BETWEEN_CALLS).await;
        call(&mut client, at, uses[number % 2]).await?;
        Ok(client)
    })
}

async fn call(client: &mut Client, at: SocketAddr, token_use: TokenUse) -> Result<()> {
    if token_use == TokenUse::RefreshFirst {
        client.refresh(|| at).await?;
    }
    let mut status = ask(client, at).await?;
    if status == 401 && token_use == TokenUse::RefreshOn401 {
        client.refresh(|| at).await?;
        status = ask(client, at).await?;
    }
    if status != 200 {
        bail!("{}, who {token_use:?}, was answered {status}", client.email);
    }
    Ok(())
}

async fn ask(client: &Client, at: SocketAddr) -> Result<u16> {
    match client.notes(at).await {
        Ok(answer) => Ok(answer.status),
        Err(lost) => bail!("{}: {}", client.email, lost.why),
    }
}
