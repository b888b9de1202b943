//! A Baton on a port of this machine, with its store in memory and one user.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use backend::app::{AppState, Dependencies};
use backend::clock::Clock;
use backend::config::{Command, CommandLine, MasterKeySource, Settings};
use backend::entropy::Entropy;
use backend::keys::{FirstRing, KeyRing};
use backend::router::router;
use backend::server::{self, ConnectionLimits};
use backend::store;
use clap::Parser as _;
use command_line::Origin;
use tempfile::TempDir;

pub(crate) const EMAIL: &str = "ada@example.com";
pub(crate) const PASSWORD: &str = "velvet otter under glass";

pub(crate) struct Baton {
    pub(crate) address: SocketAddr,
    pub(crate) clock: Clock,
    _keys: TempDir,
}

impl Baton {
    /// Starts one that tells time by this clock, and registers the user.
    pub(crate) async fn start(clock: Clock) -> Self {
        let listener = server::listen(([127, 0, 0, 1], 0).into()).expect("a port");
        let address = listener.local_addr().expect("its address");
        let settings = settings(&format!("http://{address}"));
        let keys = tempfile::tempdir().expect("a temporary folder");
        let source = MasterKeySource::Folder(keys.path().to_owned());
        let (store, entropy) = (store::open("memory:").await.expect("a store"), Entropy::system());
        let (plan, first_ring) = (settings.key_plan, FirstRing::WithNewMasterKey);
        let ring = KeyRing::open(&source, plan, &store, &clock, &entropy, first_ring).await;
        let ring = Arc::new(ring.expect("a key ring"));
        let dependencies = Dependencies { clock: clock.clone(), entropy, store, keys: ring };
        let app = AppState::new(&settings, dependencies).expect("an application");
        let limits = ConnectionLimits::of(&settings);
        tokio::spawn(server::serve(listener, router(app), limits, std::future::pending()));
        let registered = tokio::task::spawn_blocking(move || register(address));
        registered.await.expect("an answer");
        Self { address, clock, _keys: keys }
    }

    pub(crate) fn origin(&self) -> Origin {
        Origin::parse(&format!("http://{}", self.address)).expect("an origin")
    }
}

fn settings(origin: &str) -> Settings {
    let line = CommandLine::try_parse_from(["baton", "serve", "--origin", origin]);
    match line.expect("flags").command {
        Command::Serve(args) => Settings::try_from(args).expect("valid settings"),
        _ => unreachable!("serve was asked for"),
    }
}

fn register(address: SocketAddr) {
    let body = format!(r#"{{"email":"{EMAIL}","password":"{PASSWORD}"}}"#);
    let mut stream = TcpStream::connect(address).expect("a connection");
    write!(
        stream,
        "POST /api/auth/register HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
}
