//! Every forged token of the catalogue, at the edge and at the service behind it. The service refuses all of them,
//! whether the edge is in front of it or not; the edge refuses those that `docs/gateway.md` promises.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use forgery::{Case, Class, Lure, Rule, catalogue, issue};
use shared::path;

use crate::client::notes;
use crate::edge::{self, Edge};
use crate::pace::unix_seconds;
use crate::stage::Stage;
use crate::stub::{Reply, Script, Stub, answer};

/// A token of ours, everything that can be forged from it, and the keys to look at them with.
struct Forgeries {
    control: String,
    jwks: String,
    cases: Vec<Case>,
}

/// Who refused a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    ByTheEdge,
    ByTheService,
}

/// 0 are accepted.
pub(crate) async fn play(stage: Arc<Stage>) -> Result<()> {
    for _ in 0..stage.rounds {
        round(&stage).await?;
    }
    Ok(())
}

async fn round(stage: &Stage) -> Result<()> {
    let lure = Lure::set();
    let forgeries = Forgeries::new(stage, &lure);
    let issuer = Stub::start(publisher(&stage.origin, &forgeries.jwks)).await?;
    let address = issuer.address();
    let edge = Edge::start(stage, Arc::new(move || address)).await?;
    edge.opens_to(&forgeries.control).await?;
    let mut promised = 0;
    for case in &forgeries.cases {
        promised += u32::from(the_edge_promises(case));
        match refusal(edge.address, case).await {
            Ok(Refusal::ByTheService) if the_edge_promises(case) => {
                stage.violation(format!("the edge refuses {case} no more"));
            }
            Ok(_) => {}
            Err(why) => stage.violation(format!("at the edge, {case}: {why}")),
        }
        // Nobody has to stand in front of the service for it to be safe.
        if let Err(why) = refusal(edge.service.address(), case).await {
            stage.violation(format!("at the service, {case}: {why}"));
        }
    }
    edge.opens_to(&forgeries.control).await.context("the control, after all others")?;
    if lure.was_visited() {
        stage.violation("somebody fetched a key from where a forged token said");
    }
    let count = forgeries.cases.len();
    stage
        .remark(format!("{count} forged tokens: 0 accepted, of {promised} none got past the edge"));
    Ok(())
}

/// What the shipped configuration refuses by itself.
const fn the_edge_promises(case: &Case) -> bool {
    matches!(case.class, Class::Algorithms)
        || matches!(case.rule, Rule::Algorithm | Rule::UnknownKey | Rule::Issuer | Rule::Expired)
}

impl Forgeries {
    fn new(stage: &Stage, lure: &Lure) -> Self {
        let original = issue(&stage.origin, &edge::audience(stage), unix_seconds());
        let cases = catalogue(&original, &lure.url());
        Self {
            control: original.token().to_owned(),
            jwks: original.jwks().to_owned(),
            cases: cases.into_iter().filter(Case::fits_into_a_header).collect(),
        }
    }
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
