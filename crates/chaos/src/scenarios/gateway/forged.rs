//! Every forged token of the catalogue, at the edge and at the service behind it. The service refuses all of them,
//! whether the edge is in front of it or not; the edge refuses those that `docs/gateway.md` promises.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use forgery::{Case, Class, Lure, Rule, catalogue, issue};
use shared::path;

use crate::client::notes;
use crate::edge::{self, Edge};
use crate::stub::{Reply, Script, Stub, answer};
use crate::test_env::TestEnv;
use crate::timing::unix_seconds;

/// How long r and s are, each half of a signature (RFC 7518 section 3.4).
const NUMBER_BYTES: usize = 32;

/// A token of ours, everything that can be forged from it, and the keys to look at them with.
struct Forgeries {
    control: String,
    jwks: String,
    /// The service's audience without its scheme.
    service: String,
    cases: Vec<Case>,
}

/// Who refused a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    ByTheEdge,
    ByTheService,
}

/// 0 are accepted.
pub(crate) async fn run(env: Arc<TestEnv>) -> Result<()> {
    for _ in 0..env.rounds {
        round(&env).await?;
    }
    Ok(())
}

async fn round(env: &TestEnv) -> Result<()> {
    let lure = Lure::set();
    let forgeries = Forgeries::new(env, &lure);
    let issuer = Stub::start(publisher(&env.origin, &forgeries.jwks)).await?;
    let address = issuer.address();
    let edge = Edge::start(env, Arc::new(move || address)).await?;
    edge.wait_until_accepted(&forgeries.control).await?;
    let mut promised = 0;
    for case in &forgeries.cases {
        let is_promised = forgeries.promised_by_the_edge(case);
        promised += u32::from(is_promised);
        match refusal(edge.address, case).await {
            Ok(Refusal::ByTheService) if is_promised => {
                env.violation(format!("the edge refuses {case} no more"));
            }
            Ok(_) => {}
            Err(why) => env.violation(format!("at the edge, {case}: {why}")),
        }
        // Nobody has to stand in front of the service for it to be safe.
        if let Err(why) = refusal(edge.service.address(), case).await {
            env.violation(format!("at the service, {case}: {why}"));
        }
    }
    edge.wait_until_accepted(&forgeries.control).await.context("the control, after all others")?;
    if lure.was_visited() {
        env.violation("somebody fetched a key from where a forged token said");
    }
    let count = forgeries.cases.len();
    env.remark(format!("{count} forged tokens: 0 accepted, of {promised} none got past the edge"));
    Ok(())
}

impl Forgeries {
    fn new(env: &TestEnv, lure: &Lure) -> Self {
        Self::of(&env.origin, &edge::audience(env), &lure.url())
    }

    fn of(issuer: &str, audience: &str, lure: &str) -> Self {
        let original = issue(issuer, audience, unix_seconds());
        let cases = catalogue(&original, lure);
        let (_, service) = audience.split_once("://").expect("an audience is a URL");
        Self {
            control: original.token().to_owned(),
            jwks: original.jwks().to_owned(),
            service: service.to_owned(),
            cases: cases.into_iter().filter(Case::fits_into_a_header).collect(),
        }
    }

    /// What the shipped configuration refuses by itself, as `docs/gateway.md` says. Of signature and audience it
    /// promises the meaning; one spelling of them is the service's to insist on.
    fn promised_by_the_edge(&self, case: &Case) -> bool {
        case.class == Class::Algorithms
            || match case.rule {
                Rule::Algorithm
                | Rule::UnknownKey
                | Rule::Issuer
                | Rule::Expired
                | Rule::NotYetValid
                | Rule::MissingClaim("exp") => true,
                Rule::Signature => !self.holds_its_signature(case),
                Rule::Audience => !self.names_the_service(case),
                _ => false,
            }
    }

    /// Whether it says what the control says, and the control's r and s stand somewhere in its signature.
    fn holds_its_signature(&self, case: &Case) -> bool {
        let (Some((said, signature)), Some((presented, other))) =
            (self.control.rsplit_once('.'), case.token.rsplit_once('.'))
        else {
            return false;
        };
        let (signature, other) = (decoded(signature), decoded(other));
        let mut numbers = signature.chunks(NUMBER_BYTES);
        let holds = |number: &[u8]| other.windows(number.len()).any(|bytes| bytes == number);
        said == presented && numbers.all(holds)
    }

    /// Whether the service's audience stands somewhere in the token's.
    fn names_the_service(&self, case: &Case) -> bool {
        let payload = case.token.split('.').nth(1).map(decoded).unwrap_or_default();
        let claims: serde_json::Value = serde_json::from_slice(&payload).unwrap_or_default();
        claims["aud"].to_string().contains(&self.service)
    }
}

/// Nothing, if it is no base64url.
fn decoded(part: &str) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(part).unwrap_or_default()
}

/// Who refused it, or what came instead of a refusal.
async fn refusal(at: std::net::SocketAddr, case: &Case) -> Result<Refusal> {
    let answer = notes(at, &case.token).await.map_err(|lost| anyhow::anyhow!(lost.why))?;
    let code = answer.text("code");
    match (answer.status, code.as_deref()) {
        (401, Some("invalid_token")) => Ok(Refusal::ByTheService),
        // 403: it is for somebody else. 400 and 431: it is not even a header.
        (401 | 403 | 400 | 431, None) => Ok(Refusal::ByTheEdge),
        (status, code) => bail!("{status} {code:?}"),
    }
}

/// An issuer with this key set.
fn publisher(origin: &str, jwks: &str) -> Script {
    const JSON: &[&str] = &["content-type: application/json"];
    let metadata = serde_json::json!({
        "issuer": origin,
        "jwks_uri": format!("{origin}{}", path::JWKS),
        "response_types_supported": [],
    });
    let metadata = answer("200 OK", JSON, metadata.to_string().as_bytes());
    let jwks = answer("200 OK", JSON, jwks.as_bytes());
    Arc::new(move |head| {
        let asked = head.split(' ').nth(1);
        Reply::Whole(match asked {
            Some(path::METADATA) => metadata.clone(),
            Some(path::JWKS) => jwks.clone(),
            _ => answer("404 Not Found", &[], b""),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Any configuration keeps a promise of nothing.
    #[test]
    fn the_edge_promises_something_of_every_rule_that_it_is_configured_with() {
        let (issuer, lure) = ("http://localhost:1", "http://127.0.0.1:2");
        let forgeries = Forgeries::of(issuer, "http://localhost:1/api/notes", lure);
        for rule in [
            Rule::Algorithm,
            Rule::UnknownKey,
            Rule::Signature,
            Rule::Issuer,
            Rule::Audience,
            Rule::Expired,
            Rule::NotYetValid,
            Rule::MissingClaim("exp"),
        ] {
            let mut cases = forgeries.cases.iter().filter(|case| case.rule == rule);
            assert!(cases.any(|case| forgeries.promised_by_the_edge(case)), "{rule:?}");
        }
    }
}
