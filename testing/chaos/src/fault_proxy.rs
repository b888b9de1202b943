//! Network faults: a TCP proxy that cuts connections, kills the server, or only forwards. Of the traffic it knows
//! only where an answer begins.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use anyhow::Result;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{AbortHandle, JoinSet};

use crate::instance::Instance;
use crate::rng::SeededRng;
use crate::route::Route;

/// The fault the proxy injects into each connection.
#[derive(Clone)]
pub(crate) enum Fault {
    /// Forwards all traffic.
    None,
    /// Reads the whole answer from the server and forwards only its beginning, or no byte.
    CutAnswers(Arc<SeededRng>),
    /// Kills the server when the first bytes of its answer arrive, and forwards some of them.
    Kill(Arc<Instance>, Arc<SeededRng>),
    /// Forwards the message that fires the trigger, and cuts when the server answers.
    CutAfterMessage(Arc<Trigger>),
}

/// Fires on one of the client's messages: the n-th that contains given bytes, or the first with a COMMIT.
#[derive(Default)]
pub(crate) struct Trigger(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    /// How many matching messages are left; zero: disarmed, or fired.
    messages: u64,
    bytes: Vec<u8>,
}

impl Trigger {
    /// Arms it for the n-th message that contains `bytes`; every message contains an empty slice.
    pub(crate) fn arm(&self, messages: u64, bytes: &[u8]) {
        *self.0.lock().expect(TRIGGER) = Waiting { messages, bytes: bytes.to_vec() };
    }

    /// Disarms it; whether it has fired.
    pub(crate) fn has_fired(&self) -> bool {
        std::mem::take(&mut *self.0.lock().expect(TRIGGER)).messages == 0
    }

    fn fires_on(&self, message: &[u8]) -> bool {
        let mut waiting = self.0.lock().expect(TRIGGER);
        let counts = contains(message, &waiting.bytes);
        if waiting.messages > 0 && contains(message, b"COMMIT") {
            waiting.messages = 0;
            return true;
        }
        if waiting.messages > 0 && counts {
            waiting.messages -= 1;
            return waiting.messages == 0;
        }
        false
    }
}

const TRIGGER: &str = "setting a trigger does not panic";

fn contains(message: &[u8], bytes: &[u8]) -> bool {
    bytes.is_empty() || message.windows(bytes.len()).any(|window| window == bytes)
}

/// A proxy that listens until it is dropped.
pub(crate) struct FaultProxy {
    address: SocketAddr,
    task: AbortHandle,
    cut: Arc<Notify>,
    swallowed: UnboundedReceiver<Vec<u8>>,
}

impl FaultProxy {
    /// Listens on a port of its own and connects to the address that `route` gives for each connection.
    pub(crate) async fn start(route: Route, fault: Fault) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (sender, swallowed) = unbounded_channel();
        let cut = Arc::new(Notify::new());
        let accepting = accept(listener, route, fault, sender, Arc::clone(&cut));
        let task = tokio::spawn(accepting).abort_handle();
        Ok(Self { address, task, cut, swallowed })
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts every open connection.
    pub(crate) fn cut(&self) {
        self.cut.notify_one();
    }

    /// The whole answer that was cut last, if one was.
    pub(crate) fn swallowed(&mut self) -> Option<Vec<u8>> {
        let mut last = None;
        while let Ok(answer) = self.swallowed.try_recv() {
            last = Some(answer);
        }
        last
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(
    listener: TcpListener,
    route: Route,
    fault: Fault,
    swallowed: UnboundedSender<Vec<u8>>,
    cut: Arc<Notify>,
) {
    // Aborted with this task, and the connections with it.
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            // A cut that was requested earlier comes first: a new connection takes the new route.
            biased;
            () = cut.notified() => {
                connections.abort_all();
                continue;
            }
            accepted = listener.accept() => accepted,
        };
        let Ok((client, _)) = accepted else { return };
        let (server, fault, swallowed) = (route(), fault.clone(), swallowed.clone());
        connections.spawn(async move {
            // An unreachable server is a closed connection to the client.
            if let Ok(server) = TcpStream::connect(server).await {
                let _ = pass(client, server, fault, swallowed).await;
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn pass(
    mut client: TcpStream,
    mut server: TcpStream,
    fault: Fault,
    swallowed: UnboundedSender<Vec<u8>>,
) -> Result<()> {
    match fault {
        Fault::None => {
            copy_bidirectional(&mut client, &mut server).await?;
        }
        Fault::CutAnswers(rng) => {
            let answer = answer(&mut client, &mut server, usize::MAX).await?;
            if !answer.is_empty() {
                let passed = rng.index(answer.len());
                client.write_all(&answer[..passed]).await?;
                let _ = swallowed.send(answer);
            }
        }
        Fault::Kill(instance, rng) => {
            let answer = answer(&mut client, &mut server, 1).await?;
            instance.send_kill();
            if !answer.is_empty() {
                client.write_all(&answer[..rng.index(answer.len())]).await?;
            }
        }
        Fault::CutAfterMessage(trigger) => cut_after(client, server, &trigger).await?,
    }
    Ok(())
}

/// Forwards the request and reads the answer until `enough` bytes are there, or it ends.
async fn answer(
    client: &mut TcpStream,
    server: &mut TcpStream,
    enough: usize,
) -> std::io::Result<Vec<u8>> {
    let (mut from_client, _to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let mut received = Vec::new();
    let read = async {
        while received.len() < enough {
            if from_server.read_buf(&mut received).await? == 0 {
                break;
            }
        }
        std::io::Result::Ok(())
    };
    tokio::select! {
        done = read => done?,
        gone = copy(&mut from_client, &mut to_server) => {
            gone?;
        }
    }
    Ok(received)
}

async fn cut_after(
    mut client: TcpStream,
    mut server: TcpStream,
    trigger: &Trigger,
) -> std::io::Result<()> {
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let (mut message, mut answer, mut cut) = (Vec::new(), Vec::new(), false);
    loop {
        tokio::select! {
            read = from_client.read_buf(&mut message) => {
                if read? == 0 {
                    return Ok(());
                }
                // More of the same message may follow; it is forwarded, too.
                cut |= trigger.fires_on(&message);
                to_server.write_all(&message).await?;
                message.clear();
            }
            read = from_server.read_buf(&mut answer) => {
                // An answer means that the server has carried the message out; the client never receives it.
                if read? == 0 || cut {
                    return Ok(());
                }
                to_client.write_all(&answer).await?;
                answer.clear();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trigger_fires_once_on_the_last_of_its_messages_or_on_a_commit() {
        let trigger = Trigger::default();
        assert!(!trigger.fires_on(b"COMMIT"));
        trigger.arm(2, b"id");
        assert!(!trigger.fires_on(b"SELECT id") && !trigger.fires_on(b"SELECT other"));
        assert!(trigger.fires_on(b"UPDATE id") && !trigger.fires_on(b"UPDATE id"));
        assert!(trigger.has_fired());
        trigger.arm(9, b"");
        assert!(trigger.fires_on(b"Q\0COMMIT\0"));
        trigger.arm(2, b"");
        assert!(!trigger.fires_on(b"SELECT") && !trigger.has_fired());
    }
}
