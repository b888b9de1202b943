//! Messages about the refreshes of a session. One by one they are on no list: the server counts them.

/// How often a session was refreshed.
#[must_use]
pub fn how_often(refreshes: u32) -> String {
    match refreshes {
        0 => "Not yet".to_owned(),
        1 => "Once".to_owned(),
        many => format!("{many} times"),
    }
}
