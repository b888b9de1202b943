//! Sessions: one row each in SQLite, changed by conditional writes. What a presented refresh token means is the
//! decision of `rotation::decide`, carried out here. It must not know HTTP.

use rotation::{
    Attempt, Decision, Family, Generation, NumericDate, Policy, RefreshKey, Seed, SessionId,
    Standing, Ticket, UnverifiedTicket, decide,
};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqlitePool};

use crate::random;

/// A week idle, a month at most.
pub(crate) const POLICY: Policy = Policy { idle_seconds: 604_800, absolute_seconds: 2_592_000 };
/// How often a refresh that lost a race begins again. The loser reads what the winner wrote, so two rounds are usual.
const ROUNDS: usize = 8;

const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS sessions (
    id BLOB NOT NULL PRIMARY KEY,
    seed BLOB NOT NULL,
    generation INTEGER NOT NULL,
    attempt BLOB,
    previous_attempt BLOB,
    accepted_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT";
const INSERT: &str = "INSERT INTO sessions (id, seed, generation, accepted_at, created_at)
    VALUES ($1, $2, $3, $4, $5)";
const FIND: &str = "SELECT * FROM sessions WHERE id = $1";
const ACCEPT: &str = "UPDATE sessions
    SET generation = $3, attempt = $4, previous_attempt = $5, accepted_at = $6
    WHERE id = $1 AND generation = $2 AND revoked_at IS NULL";
const REVOKE: &str = "UPDATE sessions SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";

/// The sessions of this server.
pub(crate) struct Sessions {
    database: SqlitePool,
    key: RefreshKey,
    now: Box<dyn Fn() -> NumericDate + Send + Sync>,
}

/// A refresh token for its cookie.
pub(crate) struct Issued {
    pub(crate) ticket: Ticket,
    /// Seconds until the session expires unless it is refreshed.
    pub(crate) seconds: i64,
}

/// The outcome of a refresh.
pub(crate) enum Refresh {
    Issued(Issued),
    Duplicate,
    Refused,
    Contended,
}

/// The session of an authentic ticket.
struct Found {
    id: SessionId,
    seed: Seed,
    family: Family,
    presented: Generation,
}

impl Sessions {
    pub(crate) async fn open(
        database: SqlitePool,
        key: RefreshKey,
        now: impl Fn() -> NumericDate + Send + Sync + 'static,
    ) -> sqlx::Result<Self> {
        sqlx::query(SCHEMA).execute(&database).await?;
        Ok(Self { database, key, now: Box::new(now) })
    }

    /// Creates a session and issues its first ticket.
    pub(crate) async fn begin(&self) -> sqlx::Result<Issued> {
        let random_bytes = |error: getrandom::Error| sqlx::Error::Io(std::io::Error::other(error));
        let id = SessionId::from_bytes(random().map_err(random_bytes)?);
        let seed = Seed::from_bytes(random().map_err(random_bytes)?);
        let family = Family::begun((self.now)());
        sqlx::query(INSERT)
            .bind(id.as_bytes().as_slice())
            .bind(seed.as_bytes().as_slice())
            .bind(i64::from(family.generation.0))
            .bind(family.accepted_at.0)
            .bind(family.created_at.0)
            .execute(&self.database)
            .await?;
        Ok(self.issue(id, &seed, &family))
    }

    /// Answers a presented refresh token: load, decide, apply, and again if another call was faster.
    pub(crate) async fn refresh(
        &self,
        presented: &str,
        attempt: Option<&Attempt>,
    ) -> sqlx::Result<Refresh> {
        for _ in 0..ROUNDS {
            // Before the row: by a later clock, a row read before a retry was accepted could seem expired.
            let now = (self.now)();
            let Some(found) = self.load(presented).await? else { return Ok(Refresh::Refused) };
            let decision = decide(&found.family, found.presented, attempt, now, POLICY);
            if let Some(outcome) = self.apply(decision, found, attempt, now).await? {
                return Ok(outcome);
            }
        }
        Ok(Refresh::Contended)
    }

    /// Revokes the session of an authentic ticket of any generation.
    pub(crate) async fn log_out(&self, presented: &str) -> sqlx::Result<()> {
        match self.load(presented).await? {
            Some(found) => self.revoke(found.id, (self.now)()).await,
            None => Ok(()),
        }
    }

    /// Applies a decision. `None`: another call has changed the row.
    async fn apply(
        &self,
        decision: Decision,
        found: Found,
        attempt: Option<&Attempt>,
        now: NumericDate,
    ) -> sqlx::Result<Option<Refresh>> {
        let Found { id, seed, family, .. } = found;
        match decision {
            Decision::Accept { generation } => {
                let next = family.accepted(generation, attempt.cloned(), now);
                let accepted = sqlx::query(ACCEPT)
                    .bind(id.as_bytes().as_slice())
                    .bind(i64::from(family.generation.0))
                    .bind(i64::from(next.generation.0))
                    .bind(next.attempt.as_ref().map(|it| it.hash().as_slice()))
                    .bind(next.previous_attempt.as_ref().map(|it| it.hash().as_slice()))
                    .bind(next.accepted_at.0)
                    .execute(&self.database)
                    .await?;
                let took_place = accepted.rows_affected() == 1;
                Ok(took_place.then(|| Refresh::Issued(self.issue(id, &seed, &next))))
            }
            Decision::AnswerAgain => Ok(Some(Refresh::Issued(self.issue(id, &seed, &family)))),
            Decision::Duplicate => Ok(Some(Refresh::Duplicate)),
            Decision::Replay => {
                self.revoke(id, now).await?;
                Ok(Some(Refresh::Refused))
            }
            Decision::Refuse(_) => Ok(Some(Refresh::Refused)),
        }
    }

    async fn revoke(&self, id: SessionId, now: NumericDate) -> sqlx::Result<()> {
        let revoke = sqlx::query(REVOKE).bind(id.as_bytes().as_slice()).bind(now.0);
        revoke.execute(&self.database).await.map(|_| ())
    }

    /// The ticket after the generation last accepted.
    fn issue(&self, id: SessionId, seed: &Seed, family: &Family) -> Issued {
        let next = family.generation.successor().expect("decide refuses the last generation");
        let seconds = POLICY.expires_at(family).since((self.now)()).max(0);
        Issued { ticket: Ticket::issue(&self.key, seed, id, next), seconds }
    }

    /// The session of an authentic ticket. `None` for any other text.
    async fn load(&self, presented: &str) -> sqlx::Result<Option<Found>> {
        let Some(unverified) = UnverifiedTicket::parse(presented) else { return Ok(None) };
        let id = unverified.session();
        let find = sqlx::query(FIND).bind(id.as_bytes().as_slice());
        let Some(row) = find.fetch_optional(&self.database).await? else { return Ok(None) };
        let seed = Seed::from_bytes(exactly(row.try_get("seed")?)?);
        let Some(ticket) = unverified.verify(&self.key, &seed) else { return Ok(None) };
        Ok(Some(Found { id, seed, family: family(&row)?, presented: ticket.generation() }))
    }
}

fn family(row: &SqliteRow) -> sqlx::Result<Family> {
    let attempt = |column: &str| -> sqlx::Result<Option<Attempt>> {
        let hash: Option<Vec<u8>> = row.try_get(column)?;
        Ok(hash.map(exactly).transpose()?.map(Attempt::from_hash))
    };
    let generation: i64 = row.try_get("generation")?;
    let generation =
        u32::try_from(generation).map_err(|error| sqlx::Error::Decode(error.into()))?;
    let revoked_at: Option<i64> = row.try_get("revoked_at")?;
    Ok(Family {
        generation: Generation(generation),
        attempt: attempt("attempt")?,
        previous_attempt: attempt("previous_attempt")?,
        accepted_at: NumericDate(row.try_get("accepted_at")?),
        created_at: NumericDate(row.try_get("created_at")?),
        standing: if revoked_at.is_some() { Standing::Revoked(()) } else { Standing::Live },
    })
}

fn exactly(bytes: Vec<u8>) -> sqlx::Result<[u8; 32]> {
    bytes.try_into().map_err(|_| sqlx::Error::Decode("not 32 bytes".into()))
}
