//! A scripted HTTP server, in place of programs that the suite cannot make misbehave: an issuer with a broken JWKS, a
//! resource server that wants credentials it must not have.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

use crate::timing::pause;

/// Between two bytes of a slow answer.
const DRIP: Duration = Duration::from_secs(1);

/// An answer: at once, or a byte at a time.
pub(crate) enum Reply {
    Whole(Vec<u8>),
    Dripping(Vec<u8>),
}

/// The answer to the head of a request.
pub(crate) type Script = Arc<dyn Fn(&str) -> Reply + Send + Sync>;

/// A server that listens until it is dropped.
pub(crate) struct Stub {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
    task: AbortHandle,
}

impl Stub {
    pub(crate) async fn start(script: Script) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let heard = Arc::new(Mutex::new(Vec::new()));
        let task = tokio::spawn(accept(listener, script, Arc::clone(&heard))).abort_handle();
        Ok(Self { address, heard, task })
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The heads of all requests so far.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().expect(HEARD).clone()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

const HEARD: &str = "pushing does not panic";

/// A whole HTTP answer.
pub(crate) fn answer(status: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let length = format!("content-length: {}", body.len());
    let mut head = vec![format!("HTTP/1.1 {status}"), length, "connection: close".to_owned()];
    head.extend(headers.iter().map(|header| (*header).to_owned()));
    let mut bytes = format!("{}\r\n\r\n", head.join("\r\n")).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

async fn accept(listener: TcpListener, script: Script, heard: Arc<Mutex<Vec<String>>>) {
    // Aborted with this task, and the connections with it.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (script, heard) = (Arc::clone(&script), Arc::clone(&heard));
        connections.spawn(async move {
            // A client may disconnect early.
            let _ = serve(stream, &script, &heard).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(
    mut stream: TcpStream,
    script: &Script,
    heard: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut received = Vec::new();
    while !received.windows(4).any(|four| four == b"\r\n\r\n") {
        if stream.read_buf(&mut received).await? == 0 {
            return Ok(());
        }
    }
    let head = String::from_utf8_lossy(&received).into_owned();
    let reply = script(&head);
    heard.lock().expect(HEARD).push(head);
    match reply {
        Reply::Whole(bytes) => stream.write_all(&bytes).await?,
        Reply::Dripping(bytes) => {
            for byte in bytes {
                stream.write_all(&[byte]).await?;
                pause(DRIP).await;
            }
        }
    }
    stream.shutdown().await
}
