//! Tokens: access tokens, the pair of tokens that each step issues, and what services are told about tokens.

pub mod access_token;
pub mod issue_tokens;
pub mod services;
pub mod status_list;
