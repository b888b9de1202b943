//! What lies between client and server: it passes requests on, or loses their answers, or answers itself as a proxy
//! would. What it passes on is unchanged.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use command_line::Origin;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What becomes of the next requests.
#[derive(Clone, Copy)]
pub(crate) enum Mode {
    Pass,
    /// The server carries the request out; its answer never arrives.
    LoseAnswer,
    /// The server gets no request.
    Answer(&'static str),
    /// The connection breaks.
    Break,
}

/// One connection carries one request: the client keeps none open.
#[derive(Clone)]
pub(crate) struct Relay {
    address: SocketAddr,
    mode: Arc<Mutex<Mode>>,
    /// The heads of all requests.
    heads: Arc<Mutex<Vec<String>>>,
    /// The number of answers that were lost.
    lost: watch::Sender<usize>,
}

impl Relay {
    pub(crate) async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let relay = Self {
            address: listener.local_addr().expect("its address"),
            mode: Arc::new(Mutex::new(Mode::Pass)),
            heads: Arc::default(),
            lost: watch::Sender::new(0),
        };
        let at_work = relay.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let relay = at_work.clone();
                tokio::spawn(async move { relay.carry(client, server).await });
            }
        });
        relay
    }

    pub(crate) fn origin(&self) -> Origin {
        Origin::parse(&format!("http://{}", self.address)).expect("an origin")
    }

    pub(crate) fn set(&self, mode: Mode) {
        *self.mode.lock().expect("a lock") = mode;
    }

    /// The heads of the requests on this path so far.
    pub(crate) fn requests(&self, path: &str) -> Vec<String> {
        let heads = self.heads.lock().expect("a lock");
        let on_path = heads.iter().filter(|head| head.split(' ').nth(1) == Some(path));
        on_path.cloned().collect()
    }

    /// Resolves when the server has answered a request whose answer is lost.
    pub(crate) async fn has_lost_an_answer(&self) {
        let mut lost = self.lost.subscribe();
        lost.wait_for(|lost| *lost > 0).await.expect("this relay holds the sender");
    }

    /// A connection that breaks is an end like any other.
    async fn carry(&self, mut client: TcpStream, server: SocketAddr) {
        let mode = *self.mode.lock().expect("a lock");
        let Some(request) = read_head(&mut client).await else { return };
        let head = String::from_utf8_lossy(&request).into_owned();
        self.heads.lock().expect("a lock").push(head);
        match mode {
            Mode::Break => return,
            Mode::Answer(answer) => {
                let _ = client.write_all(answer.as_bytes()).await;
                return;
            }
            Mode::Pass | Mode::LoseAnswer => {}
        }
        let Ok(mut server) = TcpStream::connect(server).await else { return };
        if server.write_all(&request).await.is_err() {
            return;
        }
        if matches!(mode, Mode::LoseAnswer) {
            // These requests have no body. The first byte of an answer comes after the effect.
            let _ = server.read_u8().await;
            self.lost.send_modify(|lost| *lost += 1);
            // Until the client is gone.
            let _ = client.read_u8().await;
            return;
        }
        let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
    }
}

/// The bytes of a request up to the end of its head, and perhaps beyond.
async fn read_head(client: &mut TcpStream) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    while !head.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
        if client.read_buf(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    Some(head)
}
