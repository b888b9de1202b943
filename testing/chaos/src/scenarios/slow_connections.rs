//! Slowloris: clients open connections and leave their requests unfinished. Memory has a bound that does not depend
//! on how much they send, and other clients are served at once: the slowest connection is evicted for the newest, and
//! one address may hold an eighth of all connections.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use futures_util::future::join_all;
use shared::path;

use crate::checker;
use crate::client::Client;
use crate::http::{self, Connection};
use crate::instance::Instance;
use crate::test_env::TestEnv;
use crate::timing::{SERVED_WITHIN, Stopwatch};

/// How many slow connections there are, and how many are opened at once.
const SLOW: usize = 2_500;
const AT_ONCE: usize = 100;
/// Connections from one address, if not all come from one: less than its share.
const FROM_ONE_ADDRESS: usize = 40;
/// docs/operating.md: 2,048 connections, 80 KiB each, in MiB.
const BOUND: u64 = 160;
/// The timeout for sending what the server may not read.
const SENDING: Duration = Duration::from_secs(1);
const CLIENTS: usize = 5;
/// File descriptors of this suite: its connections and more.
const FILES: u64 = 4_096;

/// Runs every kind of attack.
pub(crate) async fn run(env: Arc<TestEnv>) -> Result<()> {
    rlimit::increase_nofile_limit(FILES)?;
    let instance = start(&env).await?;
    let mut clients = Client::several(&env, instance.address(), CLIENTS).await?;
    instance.stop().await?;
    for _ in 0..env.rounds {
        for attack in attacks() {
            let instance = start(&env).await?;
            attack.carry_out(&env, &instance, &mut clients).await?;
            instance.stop().await?;
        }
    }
    let instance = start(&env).await?;
    checker::check(&env, instance.address(), &mut clients).await
}

async fn start(env: &TestEnv) -> Result<Instance> {
    Instance::start(env.launch_with_limits(&env.database.url())).await
}

/// The bytes that each connection of this kind sends before it falls silent.
struct Attack {
    what: &'static str,
    said: String,
    from_one_address: usize,
}

fn attacks() -> [Attack; 4] {
    let headers = |kilobytes: usize| {
        format!("GET / HTTP/1.1\r\nhost: localhost\r\nx: {}", "y".repeat(kilobytes * 1024))
    };
    // They are accepted, up to 1 MiB, and are not kept in memory.
    let cookies = format!("GET / HTTP/1.1\r\nhost: localhost\r\ncookie: {}", jar(64));
    let many: String = (0..100).map(|n| format!("x-{n:03}: {}\r\n", "v".repeat(140))).collect();
    let login = format!("POST {} HTTP/1.1\r\nhost: localhost\r\n{many}", path::LOGIN);
    let body = format!("content-length: 16000\r\n\r\n{{{}", " ".repeat(15_900));
    let login = format!("{login}content-type: application/json\r\n{body}");
    let from_one_address = FROM_ONE_ADDRESS;
    [
        Attack { what: "112 KiB of headers", said: headers(112), from_one_address: SLOW },
        Attack { what: "23 KiB of headers", said: headers(23), from_one_address },
        Attack { what: "64 KiB of cookies", said: cookies, from_one_address },
        Attack { what: "15 KiB of headers and as much of a body", said: login, from_one_address },
    ]
}

/// Cookies of another program, in KiB.
fn jar(kilobytes: usize) -> String {
    (0..kilobytes).map(|n| format!("of-another-{n:05}={}; ", "c".repeat(1_024 - 19))).collect()
}

impl Attack {
    async fn carry_out(
        &self,
        env: &TestEnv,
        instance: &Instance,
        clients: &mut [Client],
    ) -> Result<()> {
        let (at, before) = (instance.address(), instance.memory()?);
        let slow = self.connections(at).await;
        let mut refreshes = Vec::with_capacity(CLIENTS);
        for client in clients {
            let stopwatch = Stopwatch::start();
            client.refresh(|| at).await?;
            refreshes.push(stopwatch.elapsed());
        }
        // The first one waits until the server has read what the attackers sent at once.
        let first = refreshes.remove(0);
        let slowest = refreshes.into_iter().max().unwrap_or_default();
        let memory = instance.memory()?;
        let addresses = SLOW.div_ceil(self.from_one_address);
        env.remark(format!(
            "{} x {} from {addresses} addresses: {before} MiB before, {memory} MiB then; the first refresh took {first:.0?}, the others {slowest:.0?} at most",
            slow.len(), self.what
        ));
        env.check_bound(SERVED_WITHIN, slowest, "beside slow connections, a refresh took");
        if memory > before + BOUND {
            env.violation(format!("{}: memory grew from {before} to {memory} MiB", self.what));
        }
        Ok(())
    }

    /// The slow connections, including those that the server has closed.
    async fn connections(&self, at: SocketAddr) -> Vec<Connection> {
        let mut opened = Vec::with_capacity(SLOW);
        for first in (0..SLOW).step_by(AT_ONCE) {
            let attempts = (first..first + AT_ONCE).map(|number| self.connection(at, number));
            opened.extend(join_all(attempts).await.into_iter().flatten());
        }
        opened
    }

    async fn connection(&self, at: SocketAddr, number: usize) -> Option<Connection> {
        let address = u32::try_from(number / self.from_one_address).ok()?;
        let from = Ipv4Addr::from_bits(Ipv4Addr::new(127, 0, 1, 1).to_bits() + address);
        let mut connection = http::connect_from(from, at).await.ok()?;
        // It may be refused, or closed half-way.
        let _ = tokio::time::timeout(SENDING, connection.send(self.said.as_bytes())).await;
        Some(connection)
    }
}
