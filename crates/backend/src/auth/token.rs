//! Tokens: access tokens, the pair of tokens that each step issues, and the status list.

pub mod access_token;
pub mod issue_tokens;
pub mod status_list;
pub mod verified_tokens;
