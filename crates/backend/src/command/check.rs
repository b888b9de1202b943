//! `baton check`: reports what would stop `baton serve` with the same settings. It changes no state: no database is
//! created or migrated, no key made.

use std::sync::Arc;

use anyhow::Context as _;

use super::database::{remark, with_database};
use super::output::say;
use super::{rate_limits, spelling};
use crate::app::{AppState, Dependencies};
use crate::clock::Clock;
use crate::config::{ConfigError, DatabaseArgs, ServeArgs, Settings};
use crate::entropy::Entropy;
use crate::http::health::skew_remark;
use crate::keys::KeyRing;
use crate::store::{Database, Schema, Store};

pub(super) async fn check(args: ServeArgs) -> anyhow::Result<()> {
    let settings = Settings::try_from(args)?;
    say(&format!("configuration  ok   origin {}", settings.origin.as_str()))?;
    rate_limits::check(settings.limits.as_ref())?;
    let database = DatabaseArgs { database: settings.database.clone() };
    with_database(&database, async |database| check_database(&settings, database).await).await
}

async fn check_clock(settings: &Settings, clock: &Clock, store: &dyn Store) -> anyhow::Result<()> {
    if settings.trust_clock {
        clock.compare_with(store).await?;
    } else {
        clock.begin_with(store).await?;
    }
    clock.trusted_now().context("`baton serve` answers every call with 503 for now")?;
    match clock.noticed_skew() {
        Some(seconds) => say(&format!("clock          {}", skew_remark(seconds))),
        None => say("clock          ok   agrees with the database"),
    }
}

async fn check_database(settings: &Settings, database: &Database) -> anyhow::Result<()> {
    match remark(database.schema) {
        None => say("schema         ok   up to date")?,
        Some(remark) => say(&format!("schema         {remark}"))?,
    }
    anyhow::ensure!(
        !matches!(database.schema, Schema::Newer { .. }),
        "--database / BATON_DATABASE: `baton serve` of this version does not start on a newer schema: use the newer program"
    );
    let (clock, entropy) = (Clock::system(), Entropy::system());
    let (source, plan, store) = (&settings.master_key, settings.key_plan, &database.store);
    check_clock(settings, &clock, &**store).await?;
    let keys = KeyRing::open_existing(source, plan, store, &clock, &entropy).await?;
    let signing = keys.current().signing(clock.now())?.kid().to_owned();
    say(&format!("keys           ok   signing with {signing}"))?;
    store.ping().await.context("--database / BATON_DATABASE: the storage does not answer")?;
    say("storage        ok   answers, and can be written to")?;
    spelling::check(&**store).await?;
    let store = Arc::clone(store);
    AppState::new(settings, Dependencies { clock, entropy, store, keys: Arc::new(keys) })?;
    match &settings.site {
        Some(folder) => say(&format!("site           ok   {}", folder.display())),
        None => {
            Err(ConfigError::new("--site", "no built site was found: run `cargo xtask build`")
                .into())
        }
    }
}
