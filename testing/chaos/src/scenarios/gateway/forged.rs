//! Every forged JWT of the catalogue, at the edge and at the resource server behind it. The service refuses all of
//! them, with or without the edge; the edge refuses those that `docs/gateway.md` promises.

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

/// The length of r and of s, each half of a signature (RFC 7518 section 3.4).
const NUMBER_BYTES: usize = 32;

/// A valid token, the tokens forged from it, and the JWKS to verify them with.
struct Forgeries {
    control: String,
    jwks: String,
    /// The service's audience without its scheme.
    service: String,
    cases: Vec<Case>,
}

/// Which party refused a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    ByTheEdge,
    ByTheService,
}

/// No forged token is accepted.
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
        // The service must be safe without the edge.
        if let Err(why) = refusal(edge.service.address(), case).await {
            env.violation(format!("at the service, {case}: {why}"));
        }
    }
    edge.wait_until_accepted(&forgeries.control).await.context("the control, after all others")?;
    if lure.was_visited() {
        env.violation("a key was fetched from an address in a forged token");
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

    /// Whether the shipped configuration refuses it at the edge, as `docs/gateway.md` promises. Of signature and
    /// audience the edge checks the meaning; only the service insists on one spelling.
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

    /// Whether the signed part is the control's, and its signature contains the control's r and s.
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

    /// Whether the token's `aud` contains the service's audience.
    fn names_the_service(&self, case: &Case) -> bool {
        let payload = case.token.split('.').nth(1).map(decoded).unwrap_or_default();
        let claims: serde_json::Value = serde_json::from_slice(&payload).unwrap_or_default();
        claims["aud"].to_string().contains(&self.service)
    }
}

/// Empty if it is no base64url.
fn decoded(part: &str) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(part).unwrap_or_default()
}

/// Which party refused the token; an error if none did.
async fn refusal(at: std::net::SocketAddr, case: &Case) -> Result<Refusal> {
    let answer = notes(at, &case.token).await.map_err(|lost| anyhow::anyhow!(lost.why))?;
    let code = answer.text("code");
    match (answer.status, code.as_deref()) {
        (401, Some("invalid_token")) => Ok(Refusal::ByTheService),
        // 403: wrong audience. 400 and 431: not even a header.
        (401 | 403 | 400 | 431, None) => Ok(Refusal::ByTheEdge),
        (status, code) => bail!("{status} {code:?}"),
    }
}

/// An issuer that publishes this JWKS.
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

    /// A control: an empty promise would pass with any configuration.
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
