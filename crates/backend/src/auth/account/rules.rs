//! Validation of form fields: one error for each field that breaks a rule.

use shared::body::RegisterRequest;
use shared::password::{assess, context_of};
use shared::{FieldError, Secret};

use super::email::Email;
use super::text::{Flaw, Joiners, flaw};
use crate::auth::error::AuthError;
use crate::auth::login::password_hasher::normalized;

const MAX_NAME_CHARACTERS: usize = 100;

/// The canonical email address and the name of a new account, if all fields are valid.
pub(in crate::auth) fn validated(
    request: &RegisterRequest,
) -> Result<(Email, Option<String>), AuthError> {
    let mut errors = Vec::new();
    let email = email(&request.email).map_err(|error| errors.push(error));
    let name = name(request.name.as_deref()).map_err(|error| errors.push(error));
    let shown = request.name.as_deref().unwrap_or_default();
    let password = new_password("password", &request.password, &request.email, shown);
    errors.extend(password.err());
    match (email, name) {
        (Ok(email), Ok(name)) if errors.is_empty() => Ok((email, name)),
        _ => Err(AuthError::Invalid(errors)),
    }
}

/// The email address of a new account.
pub(in crate::auth) fn email(typed: &str) -> Result<Email, FieldError> {
    Email::parse_new(typed).map_err(|why| error("email", why.code(), &why.to_string()))
}

/// A name, or none if it is blank.
pub(in crate::auth) fn name(typed: Option<&str>) -> Result<Option<String>, FieldError> {
    let Some(name) = typed.map(str::trim).filter(|name| !name.is_empty()) else { return Ok(None) };
    if name.chars().count() > MAX_NAME_CHARACTERS {
        return Err(error("name", "too_long", "Use at most 100 characters."));
    }
    match flaw(name, Joiners::InContext) {
        None => Ok(Some(name.to_owned())),
        Some(flaw) => Err(error("name", "invalid", &flaw_of_a_name(flaw))),
    }
}

fn flaw_of_a_name(flaw: Flaw) -> String {
    match flaw {
        Flaw::Invisible { character, position } => format!(
            "A name has no line breaks and no invisible characters: remove number {position} (U+{:04X}).",
            u32::from(character)
        ),
        Flaw::LeadingMark => "A name begins with a letter, not with an accent.".to_owned(),
        Flaw::TooManyMarks => "No letter of a name has more than four accents.".to_owned(),
    }
}

/// A new password, for the account of `email` and `name`.
pub(in crate::auth) fn new_password(
    field: &str,
    password: &Secret,
    email: &str,
    name: &str,
) -> Result<(), FieldError> {
    match assess(normalized(password).expose(), &context_of(email, name.trim())) {
        Ok(_) => Ok(()),
        Err(weakness) => Err(error(field, weakness.code(), &weakness.to_string())),
    }
}

/// The error of one field.
pub(in crate::auth) fn error(field: &str, code: &str, message: &str) -> FieldError {
    FieldError { field: field.to_owned(), code: code.to_owned(), message: message.to_owned() }
}
