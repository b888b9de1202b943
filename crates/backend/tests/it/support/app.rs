//! The server under test.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use backend::app::{AppState, Dependencies};
use backend::auth::account::administration::Administration;
use backend::clock::Clock;
use backend::config::{Command, CommandLine, MasterKeySource, Settings};
use backend::entropy::Entropy;
use backend::keys::{FirstRing, KeyRing};
use backend::router::router;
use backend::server::ConnectionLimits;
use backend::store::{self, Store};
use clap::Parser as _;
use shared::{NumericDate, path};
use tempfile::TempDir;
use tower::ServiceExt as _;

use super::{Answer, Browser, Place, Schema};

/// The server's public origin.
pub(crate) const ORIGIN: &str = "http://localhost:3000";
/// A password that passes the rule.
pub(crate) const PASSWORD: &str = "velvet otter under glass";
/// The time at which every test begins.
pub(crate) const START: NumericDate = NumericDate(1_800_000_000);

/// A server over a fresh store.
#[derive(Clone)]
pub(crate) struct TestApp {
    pub(crate) app: AppState,
    pub(crate) router: Router,
    pub(crate) clock: Clock,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) keys: Arc<TempDir>,
    place: Arc<Place>,
    flags: Arc<[String]>,
}

/// A fresh store of every engine. Dropping the place removes it.
pub(crate) async fn stores() -> Vec<(Arc<dyn Store>, Place)> {
    let mut places = vec![Place::Memory, Place::file()];
    places.extend(Schema::new().await.map(Place::Schema));
    let mut stores = Vec::new();
    for place in places {
        stores.push((store::open(&place.url()).await.expect("a store"), place));
    }
    stores
}

/// Runs a test on every engine.
pub(crate) async fn on_every_store<F: Future<Output = ()>>(scenario: impl Fn(TestApp) -> F) {
    on_every_store_with(&[], scenario).await;
}

/// The same with flags of `baton serve`.
#[expect(clippy::print_stdout, reason = "a failing test shows which engine it was")]
pub(crate) async fn on_every_store_with<F: Future<Output = ()>>(
    flags: &[&str],
    scenario: impl Fn(TestApp) -> F,
) {
    for (store, place) in stores().await {
        println!("engine: {} {flags:?}", place.engine());
        scenario(TestApp::over(store, place, flags).await).await;
    }
}

impl TestApp {
    /// A server over SQLite in a file.
    pub(crate) async fn on_disk() -> Self {
        let file = Place::file();
        Self::over(store::open(&file.url()).await.expect("a store"), file, &[]).await
    }

    /// A server over the engine in memory.
    pub(crate) async fn in_memory() -> Self {
        Self::with(&[]).await
    }

    /// The same with flags of `baton serve`.
    pub(crate) async fn with(flags: &[&str]) -> Self {
        Self::over(store::open("memory:").await.expect("a store"), Place::Memory, flags).await
    }

    /// Another server on the same host, at a port of its own.
    pub(crate) async fn at_port(port: u16) -> Self {
        let keys = Arc::new(tempfile::tempdir().expect("a temporary folder"));
        let (entropy, clock) = (Entropy::seeded(u64::from(port)), Clock::manual(START));
        let store = store::open("memory:").await.expect("a store");
        let flags = ["--origin".to_owned(), format!("http://localhost:{port}")];
        Self::start(store, Place::Memory.into(), keys, entropy, clock, Arc::new(flags)).await
    }

    /// A server over a store of the test's own.
    pub(crate) async fn over(store: Arc<dyn Store>, place: Place, flags: &[&str]) -> Self {
        let keys = Arc::new(tempfile::tempdir().expect("a temporary folder"));
        let (entropy, clock) = (Entropy::seeded(7), Clock::manual(START));
        let flags = flags.iter().map(ToString::to_string).collect();
        Self::start(store, place.into(), keys, entropy, clock, flags).await
    }

    async fn start(
        store: Arc<dyn Store>,
        place: Arc<Place>,
        keys: Arc<TempDir>,
        entropy: Entropy,
        clock: Clock,
        flags: Arc<[String]>,
    ) -> Self {
        let settings = settings(&flags).expect("valid settings");
        let source = MasterKeySource::Folder(keys.path().to_owned());
        let (plan, first_ring) = (settings.key_plan, FirstRing::WithNewMasterKey);
        let ring = KeyRing::open(&source, plan, &store, &clock, &entropy, first_ring).await;
        let ring = Arc::new(ring.expect("a key ring"));
        let (at, store_too) = (clock.clone(), Arc::clone(&store));
        let dependencies = Dependencies { clock: at, entropy, store: store_too, keys: ring };
        let app = AppState::new(&settings, dependencies).expect("an application");
        Self { router: router(app.clone()), app, clock, store, keys, place, flags }
    }

    /// The database file, if there is one.
    pub(crate) fn database(&self) -> Option<PathBuf> {
        self.place.database()
    }

    /// The server's limits on connections.
    pub(crate) fn connection_limits(&self) -> ConnectionLimits {
        ConnectionLimits::of(&settings(&self.flags).expect("valid settings"))
    }

    /// All stored bytes, as a thief of the database reads them; empty for the engine in memory.
    pub(crate) async fn dump(&self) -> Vec<u8> {
        self.place.dump().await
    }

    /// A second instance over the same database and keys, with a connection pool of its own.
    pub(crate) async fn another_instance(&self) -> Self {
        let store = match &*self.place {
            Place::Memory => Arc::clone(&self.store),
            place => store::open(&place.url()).await.expect("a store"),
        };
        self.another_instance_over(store).await
    }

    /// The same with other flags of `baton serve`.
    pub(crate) async fn another_instance_with(&self, flags: &[&str]) -> Self {
        let flags = flags.iter().map(ToString::to_string).collect();
        Self { flags, ..self.clone() }.another_instance().await
    }

    /// The same with a clock of its own.
    pub(crate) async fn another_instance_by(&self, clock: &Clock) -> Self {
        Self { clock: clock.clone(), ..self.clone() }.another_instance().await
    }

    /// The same with a store of the test's own, which must lead to the same database.
    pub(crate) async fn another_instance_over(&self, store: Arc<dyn Store>) -> Self {
        let (keys, place) = (Arc::clone(&self.keys), Arc::clone(&self.place));
        let (entropy, clock) = (Entropy::seeded(8), self.clock.clone());
        Self::start(store, place, keys, entropy, clock, Arc::clone(&self.flags)).await
    }

    /// The administration commands, beside the server.
    pub(crate) fn administration(&self) -> Administration {
        let event_log = self.app.event_log.clone();
        Administration { event_log, hasher: self.app.logins.attempts.hasher.clone() }
    }

    /// Disables the user `name`@example.com.
    pub(crate) async fn disable(&self, name: &str) {
        let administration = self.administration();
        let user = administration.find(&format!("{name}@example.com")).await.expect("a store");
        administration.disable(&user.expect("a user"), &mut |_| {}).await.expect("a store");
    }

    /// A browser without cookies.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.clone())
    }

    /// A browser whose user has just registered as `name`@example.com.
    pub(crate) async fn registered(&self, name: &str) -> Browser {
        let browser = self.browser();
        browser.register(name).await.assert_status(201);
        browser
    }

    /// A browser whose existing user has just logged in.
    pub(crate) async fn logged_in(&self, name: &str) -> Browser {
        let browser = self.browser();
        browser.login(name, PASSWORD).await.assert_status(200);
        browser
    }

    /// `GET /api/me` with this access token, without a browser.
    pub(crate) async fn call_me(&self, token: &str) -> Answer {
        let request = self.browser().request(Method::GET, path::ME);
        let request = request.header("authorization", format!("Bearer {token}"));
        self.send(request.body(Body::empty()).expect("a request")).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        Answer::read(self.router.clone().oneshot(request).await.expect("the router is infallible"))
            .await
    }
}

/// The settings from these flags of `baton serve`.
pub(crate) fn settings<F: AsRef<str>>(
    flags: &[F],
) -> Result<Settings, backend::config::ConfigError> {
    let line = CommandLine::try_parse_from(
        ["baton", "serve"].into_iter().chain(flags.iter().map(AsRef::as_ref)),
    )
    .expect("flags that can be parsed");
    match line.command {
        Command::Serve(args) => Settings::try_from(args),
        _ => unreachable!("serve was asked for"),
    }
}
