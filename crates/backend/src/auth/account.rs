//! Accounts: registration, settings, email addresses, and what an administrator does to them.

pub mod accounts;
pub mod administration;
pub mod email;
mod password_change;
mod register;
mod rules;
mod settings;
pub mod spelling;
mod text;
