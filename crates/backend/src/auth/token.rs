//! Tokens: access tokens, the pair of tokens that each step issues, ids of new sessions, and the status lists.

pub mod access_token;
pub mod issue_tokens;
pub mod session_ids;
pub mod status_list;
pub mod verified_tokens;
