//! Brute force and login floods. Argon2id hashing costs memory and time on purpose: login throttling and a bounded
//! number of permits keep both bounded, while honest users are served.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use futures_util::future::{join_all, try_join, try_join_all};
use serde_json::json;
use shared::path;

use crate::checker;
use crate::client::{Client, PASSWORD, from_our_page};
use crate::http::{self, Answer, Request};
use crate::instance::Instance;
use crate::test_env::TestEnv;
use crate::timing::{Stopwatch, pause};

const OWNER: &str = "owner@example.com";
const OWNERS_ADDRESS: &str = "203.0.113.9";
const WRONG: &str = "a wrong password, mistyped";
/// The owner, on a known device, is logged in within this time: no lockout.
const OWNER_WITHIN: Duration = Duration::from_secs(2);
/// Concurrent guessers, and guesses in each round.
const GUESSERS: u32 = 16;
const GUESSES: u32 = 1_000;
/// Concurrent logins, and the clients that refresh beside them.
const CROWD: u32 = 500;
const CLIENTS: usize = 50;
const REFRESHES: usize = 10;
/// One device may log in 20 times at once; the owner needs no more to make the point.
const LOGINS: u32 = 15;
/// How many guesses may be checked between two of the owner's logins, half a second apart: each login resets the
/// throttle, then five guesses are free, and the next ones cost a second and more.
const LOOKED_AT: u64 = 8;
/// How much memory an attack may cost, in MiB, beside password hashing.
const ROOM: u64 = 64;
/// The memory of one Argon2id hash, in MiB.
const PASSWORD_ROOM: usize = 19;

/// Brute force against one account: login throttling rejects the guesses, not the owner.
pub(crate) async fn guesses(env: Arc<TestEnv>) -> Result<()> {
    let launch = env.launch_with_limits(&env.database.url());
    let instance = Instance::start(launch.with(&["--trusted-proxies", "127.0.0.1"])).await?;
    let at = instance.address();
    let device = register(&env, at).await?;
    let before = instance.peak_memory()?;
    let (next, left) = (AtomicU32::new(0), AtomicU32::new(GUESSERS));
    let (answered, limited) = (AtomicU64::new(0), AtomicU64::new(0));
    let all = GUESSES * u32::try_from(env.rounds)?;
    let guesser = || async {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= all {
                left.fetch_sub(1, Ordering::Relaxed);
                return anyhow::Ok(());
            }
            let from = Ipv4Addr::from_bits(0xc612_0000 + number).to_string();
            let count = match login(&env, at, OWNER, WRONG, &from, "").await?.status {
                401 => &answered,
                429 => &limited,
                status => bail!("a failed login was answered {status}"),
            };
            count.fetch_add(1, Ordering::Relaxed);
        }
    };
    let owner = async {
        let (mut logins, mut slowest) = (0, Duration::ZERO);
        while left.load(Ordering::Relaxed) > 0 && logins < LOGINS {
            let stopwatch = Stopwatch::start();
            let answer = login(&env, at, OWNER, PASSWORD, OWNERS_ADDRESS, &device).await?;
            if answer.status != 200 {
                bail!("the owner's login was answered {}", answer.status);
            }
            (logins, slowest) = (logins + 1, slowest.max(stopwatch.elapsed()));
            pause(Duration::from_millis(500)).await;
        }
        anyhow::Ok((logins, slowest))
    };
    let guessing = try_join_all((0..GUESSERS).map(|_| guesser()));
    let (_, (logins, slowest)) = try_join(guessing, owner).await?;
    env.check_bound(OWNER_WITHIN, slowest, "the owner's login took");
    let (answered, limited) = (answered.into_inner(), limited.into_inner());
    // Each guesser may have one more in flight.
    if answered > u64::from(GUESSERS) + LOOKED_AT * u64::from(logins + 1) {
        env.violation(format!("{answered} wrong passwords were verified"));
    }
    env.remark(format!(
        "{} passwords were verified, {} failed logins were 429; the owner logged in {logins} times, in {slowest:.0?} at most",
        answered, limited
    ));
    memory_is_bounded(&env, &instance, before)
}

/// A flood of logins for unknown accounts; only the hashing permits limit it.
pub(crate) async fn crowd(env: Arc<TestEnv>) -> Result<()> {
    let instance = env.start().await?;
    let at = instance.address();
    let mut clients = Client::several(&env, at, CLIENTS).await?;
    let before = instance.peak_memory()?;
    let mut logins = [0, 0];
    for _ in 0..env.rounds {
        let strangers =
            (0..CROWD).map(|number| {
                let env = Arc::clone(&env);
                async move {
                    login(&env, at, &format!("nobody{number}@example.com"), WRONG, "", "").await
                }
            });
        let refreshing = join_all(clients.iter_mut().map(|client| async move {
            for _ in 0..REFRESHES {
                client.refresh(|| at).await?;
            }
            anyhow::Ok(())
        }));
        let (answers, refreshed) = tokio::join!(join_all(strangers), refreshing);
        refreshed.into_iter().collect::<Result<()>>()?;
        for answer in answers {
            match answer?.status {
                401 => logins[0] += 1,
                503 => logins[1] += 1,
                status => bail!("a login was answered {status}"),
            }
        }
    }
    let [verified, unavailable] = logins;
    env.remark(format!("{verified} logins were verified, {unavailable} were 503"));
    memory_is_bounded(&env, &instance, before)?;
    checker::check(&env, at, &mut clients).await
}

fn memory_is_bounded(env: &TestEnv, instance: &Instance, before: u64) -> Result<()> {
    // One permit per CPU, and half as many more for known devices.
    let processors = std::thread::available_parallelism()?.get();
    let room = ROOM + u64::try_from(PASSWORD_ROOM * (processors + processors.div_ceil(2)))?;
    let peak = instance.peak_memory()?;
    env.remark(format!("memory: {peak} MiB at most, {before} before"));
    if peak > before + room {
        env.violation(format!("memory grew from {before} to {peak} MiB"));
    }
    Ok(())
}

/// Registers; the cookie that marks the device as known.
async fn register(env: &TestEnv, at: SocketAddr) -> Result<String> {
    let body = json!({ "email": OWNER, "password": PASSWORD });
    let request = from_our_page(env, Request::post(path::REGISTER))
        .header("x-forwarded-for", OWNERS_ADDRESS)
        .json(&body);
    let outcome = http::call(at, &request).await;
    env.inspect("register", &outcome);
    let answer = outcome.map_err(|lost| anyhow::anyhow!(lost.why))?;
    let mut cookies = answer.all("set-cookie").filter_map(|cookie| cookie.split(';').next());
    let device = cookies.find(|cookie| cookie.starts_with(path::DEVICES_COOKIE));
    Ok(device.context("registering makes the device a known one")?.to_owned())
}

async fn login(
    env: &TestEnv,
    at: SocketAddr,
    email: &str,
    password: &str,
    from: &str,
    cookie: &str,
) -> Result<Answer> {
    let body = json!({ "email": email, "password": password });
    let mut request = from_our_page(env, Request::post(path::LOGIN)).json(&body);
    for (name, value) in [("x-forwarded-for", from), ("cookie", cookie)] {
        if !value.is_empty() {
            request = request.header(name, value);
        }
    }
    let outcome = http::call(at, &request).await;
    env.inspect("login", &outcome);
    outcome.map_err(|lost| anyhow::anyhow!("login: {}", lost.why))
}
