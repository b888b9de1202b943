//! A relay between Baton and PostgreSQL that injects network faults: it freezes, swallows or cuts connections. It
//! knows the protocol only as bytes.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A relay on a port of its own.
pub(crate) struct Relay {
    pub(crate) port: u16,
    weather: Arc<watch::Sender<Weather>>,
    /// Cuts the connection on which the server sends these bytes, before the client receives them.
    cue: Arc<Mutex<Option<&'static [u8]>>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Weather {
    frozen: bool,
    /// Generations: older connections are cut, or never carry a byte again.
    cut: u32,
    swallowed: u32,
}

impl Relay {
    /// A relay to the server at this address.
    pub(crate) async fn to(host: String, port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let own_port = listener.local_addr().expect("an address").port();
        let weather = Arc::new(watch::Sender::new(Weather { frozen: false, cut: 0, swallowed: 0 }));
        let cue = Arc::new(Mutex::new(None));
        let (sky, listening) = (Arc::clone(&weather), Arc::clone(&cue));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect((host.as_str(), port)).await;
                let server = server.expect("the server behind the relay");
                tokio::spawn(relay(client, server, sky.subscribe(), Arc::clone(&listening)));
            }
        });
        Self { port: own_port, weather, cue }
    }

    /// From now on no byte passes.
    pub(crate) fn freeze(&self) {
        self.weather.send_modify(|weather| weather.frozen = true);
    }

    /// Delivers the bytes held back.
    pub(crate) fn thaw(&self) {
        self.weather.send_modify(|weather| weather.frozen = false);
    }

    /// Cuts every connection.
    pub(crate) fn cut(&self) {
        self.weather.send_modify(|weather| weather.cut += 1);
    }

    /// Open connections stay open but never carry a byte again, as behind a firewall that has lost its state. New
    /// ones work.
    pub(crate) fn swallow(&self) {
        self.weather.send_modify(|weather| weather.swallowed += 1);
    }

    /// Cuts a connection when the server next sends these bytes, once.
    pub(crate) fn cut_before(&self, words: &'static [u8]) {
        *self.cue.lock().expect("no test panics while holding it") = Some(words);
    }
}

type Cue = Arc<Mutex<Option<&'static [u8]>>>;

async fn relay(
    client: TcpStream,
    server: TcpStream,
    mut weather: watch::Receiver<Weather>,
    cue: Cue,
) {
    let made_in = *weather.borrow();
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let sky = weather.clone();
    let cut = weather.wait_for(|now| now.cut != made_in.cut);
    tokio::select! {
        _ = pass(from_client, to_server, sky.clone(), Cue::default()) => {}
        () = pass(from_server, to_client, sky, cue) => {}
        _ = cut => {}
    }
}

/// Forwards bytes as the state allows, until one side closes or the cue appears.
async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut weather: watch::Receiver<Weather>,
    cue: Cue,
) {
    let made_in = weather.borrow().swallowed;
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut bytes).await {
        let passes = |now: &Weather| !now.frozen && now.swallowed == made_in;
        if weather.wait_for(passes).await.is_err() || is_cue(&cue, &bytes[..length]) {
            return;
        }
        if to.write_all(&bytes[..length]).await.is_err() {
            return;
        }
    }
}

fn is_cue(cue: &Cue, heard: &[u8]) -> bool {
    let mut cue = cue.lock().expect("no test panics while holding it");
    let heard = cue.is_some_and(|words| heard.windows(words.len()).any(|piece| piece == words));
    if heard {
        *cue = None;
    }
    heard
}
