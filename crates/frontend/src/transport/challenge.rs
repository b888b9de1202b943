//! Parses the challenge of a 401 (`WWW-Authenticate`, RFC 9110 section 11.6.1). A gateway refuses a token without a
//! problem document; the challenge is the same everywhere.

/// Whether the challenge says that the access token was refused (RFC 6750 section 3.1).
pub(super) fn refuses_the_token(challenge: &str) -> bool {
    let mut bearer = false;
    let mut quoted = false;
    // A comma inside quotes is no separator: a gateway repeats the requested URL.
    let parts = challenge.split(|character| {
        quoted ^= character == '"';
        character == ',' && !quoted
    });
    for part in parts {
        let mut parameter = part.trim();
        // The first parameter of a challenge follows the name of its scheme.
        if let Some((scheme, rest)) = parameter.split_once(' ')
            && !scheme.contains('=')
            && !rest.trim_start().starts_with('=')
        {
            bearer = scheme.eq_ignore_ascii_case("bearer");
            parameter = rest.trim_start();
        }
        if let Some((name, value)) = parameter.split_once('=')
            && bearer
            && name.trim_end().eq_ignore_ascii_case("error")
            && value.trim_start().trim_matches('"') == "invalid_token"
        {
            return true;
        }
    }
    false
}
