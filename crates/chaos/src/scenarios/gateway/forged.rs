//! Every forged token of the catalogue, at the edge and at the service behind it. The edge looks at less than
//! the service does; what it lets through, the service has to refuse, and `docs/gateway.md` has to name.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use forgery::{Case, Lure, catalogue, issue};
use shared::path;

use crate::client::notes;
use crate::edge::{self, Edge};
use crate::pace::unix_seconds;
use crate::stage::Stage;
use crate::stub::{Reply, Script, Stub, answer};

/// The page that says what the edge lets through.
const PAGE: &str = "docs/gateway.md";

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
    let mut let_through = BTreeSet::new();
    for case in &forgeries.cases {
        match refusal(edge.address, case).await {
            Ok(Refusal::ByTheEdge) => {}
            Ok(Refusal::ByTheService) => {
                let_through.insert(case.to_string());
            }
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
    let (count, through) = (forgeries.cases.len(), let_through.len());
    stage.remark(format!("{count} forged tokens: 0 accepted, {through} let through by the edge"));
    says_so(stage, &forgeries, &let_through)
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

/// The page names each case that the edge lets through, and no other.
fn says_so(stage: &Stage, forgeries: &Forgeries, let_through: &BTreeSet<String>) -> Result<()> {
    let page = std::fs::read_to_string(PAGE).with_context(|| format!("{PAGE} cannot be read"))?;
    let named: BTreeSet<String> =
        page.lines().filter_map(|line| line.strip_prefix("- ")).map(str::to_owned).collect();
    let sum =
        format!("Of {} tokens, {} are let through.", forgeries.cases.len(), let_through.len());
    if named == *let_through && page.contains(&sum) {
        return Ok(());
    }
    let found = stage.folder().join("let-through.md");
    std::fs::write(&found, list(forgeries, let_through))?;
    let difference: Vec<_> = named.symmetric_difference(let_through).take(5).collect();
    bail!(
        "{PAGE} does not say what this Envoy lets through; is it the one that deploy/envoy/requirements.txt \
         names? {sum} {difference:?} and so on. The list as it is: {} (with --keep)",
        found.display()
    )
}

/// What the edge lets through, class by class.
fn list(forgeries: &Forgeries, let_through: &BTreeSet<String>) -> String {
    let mut text = String::new();
    let classes: BTreeSet<_> = forgeries.cases.iter().map(|case| case.class).collect();
    for class in classes {
        let cases = forgeries.cases.iter().filter(|case| case.class == class);
        let (all, names): (Vec<_>, Vec<_>) = cases
            .map(|case| (case, case.to_string()))
            .map(|(case, name)| (case, Some(name).filter(|name| let_through.contains(name))))
            .unzip();
        let names: Vec<_> = names.into_iter().flatten().collect();
        let _ = writeln!(text, "\n### {class:?}: {} of {}\n", names.len(), all.len());
        for name in names {
            let _ = writeln!(text, "- {name}");
        }
    }
    text
}
