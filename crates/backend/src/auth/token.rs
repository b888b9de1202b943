//! Tokens: access tokens, the pair of tokens that each step issues, introspection and the status list.

pub mod access_token;
pub mod issue_tokens;
pub mod services;
pub mod status_list;
