//! Problem documents (RFC 9457), the bodies of refusals, as Baton's own server writes them. Why a request is refused:
//! `refusal.rs`.

use serde::Serialize;
use types::ProblemType;

/// One problem.
pub(super) struct Problem {
    pub(super) kind: ProblemType,
    pub(super) detail: Option<&'static str>,
    pub(super) request_id: String,
}

/// Its members, in their order on the wire.
#[derive(Serialize)]
struct Document<'p> {
    r#type: String,
    title: &'p str,
    status: u16,
    code: &'p str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'p str>,
    request_id: &'p str,
}

impl Problem {
    /// `types` stands before the code in `type`.
    pub(super) fn to_json(&self, types: &str) -> Vec<u8> {
        let ProblemType { status, code, title, .. } = self.kind;
        let document = Document {
            r#type: format!("{types}{code}"),
            title,
            status,
            code,
            detail: self.detail,
            request_id: &self.request_id,
        };
        serde_json::to_vec(&document).expect("a problem is strings and numbers")
    }
}
