//! A trace of events through a world of sign-in attempts, in short sentences.

use std::fmt;

use super::state::{Answer, Jar, Key, Number, Operation, Person, Progress};
use super::world::Other;

/// An event.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    Sends {
        operation: Operation,
        key: Key,
        again: bool,
    },
    OtherSends {
        other: Other,
        key: Key,
    },
    GivesUp,
    Copied,
    Lost {
        progress: Progress,
    },
    Verifies {
        by: Person,
        passes: bool,
    },
    Looks {
        by: Person,
        key: Key,
        found: Option<Number>,
        again: bool,
    },
    FindsTheAddressFirst,
    /// `key` is `None` if it is not committed with the session.
    Commits {
        operation: Operation,
        number: Number,
        key: Option<Key>,
    },
    WritesTheKey {
        key: Key,
    },
    WritesNothing,
    AnswersAgain {
        number: Number,
    },
    IsDuplicate,
    Receives {
        answer: Answer,
    },
    ReceivesTheCookieAlone {
        number: Number,
    },
    Refreshes {
        jar: Jar,
    },
    RefreshIsRefused {
        jar: Jar,
        is_replay: bool,
    },
    RevokedElsewhere {
        number: Number,
    },
    DatabaseRollsBack,
    KeysAreForgotten,
}

impl Event {
    /// The kinds that must occur in the worlds of Baton's promises.
    pub(crate) const KINDS: [&str; 20] = [
        "a commit finds the key or the address",
        "a copy is answered again",
        "a copy is a duplicate",
        "a refresh is refused",
        "a request is lost",
        "a second look finds nothing",
        "a session is begun",
        "a session is revoked elsewhere",
        "an answer is lost",
        "an instance is killed",
        "another person sends a request",
        "only the cookie arrives",
        "the client asks again",
        "the client asks to sign in",
        "the client gives up waiting",
        "the client receives an answer",
        "the client refreshes",
        "the database rolls back",
        "the network copies a request",
        "the password is wrong",
    ];

    /// Its kind, for the counts that show what was explored.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Sends { again: true, .. } => "the client asks again",
            Self::Sends { .. } => "the client asks to sign in",
            Self::OtherSends { .. } => "another person sends a request",
            Self::GivesUp => "the client gives up waiting",
            Self::Copied => "the network copies a request",
            Self::Lost { progress: Progress::Sent } => "a request is lost",
            Self::Lost { progress: Progress::Answered(_) } => "an answer is lost",
            Self::Lost { .. } => "an instance is killed",
            Self::Verifies { passes: false, .. } => "the password is wrong",
            Self::Verifies { .. } => "the password is right",
            Self::Looks { found: None, again: true, .. } => "a second look finds nothing",
            Self::Looks { again: true, .. } => "a second look finds the key",
            Self::Looks { .. } => "an instance looks for the key",
            Self::FindsTheAddressFirst => "the address is looked for first",
            Self::Commits { .. } => "a session is begun",
            Self::WritesTheKey { .. } => "the key is written afterwards",
            Self::WritesNothing => "a commit finds the key or the address",
            Self::AnswersAgain { .. } => "a copy is answered again",
            Self::IsDuplicate => "a copy is a duplicate",
            Self::Receives { .. } => "the client receives an answer",
            Self::ReceivesTheCookieAlone { .. } => "only the cookie arrives",
            Self::Refreshes { .. } => "the client refreshes",
            Self::RefreshIsRefused { .. } => "a refresh is refused",
            Self::RevokedElsewhere { .. } => "a session is revoked elsewhere",
            Self::DatabaseRollsBack => "the database rolls back",
            Self::KeysAreForgotten => "keys are forgotten",
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sends { key, again: true, .. } => {
                write!(f, "The client sends the same again, with key {key:?}.")
            }
            Self::Sends { operation: Operation::Register, key, .. } => {
                write!(f, "The client registers, with key {key:?}.")
            }
            Self::Sends { operation: Operation::LogIn, key, .. } => {
                write!(f, "The client logs in, with key {key:?}.")
            }
            Self::OtherSends { other: Other::Registers, key } => {
                write!(f, "Another person registers the same address, with key {key:?}.")
            }
            Self::OtherSends { other: Other::HasTheKey, key } => {
                write!(f, "A thief sends the same with key {key:?} and another password.")
            }
            Self::GivesUp => f.write_str("The client gives up waiting."),
            Self::Copied => f.write_str("The network copies the request."),
            Self::Lost { progress } => lost(f, *progress),
            Self::Verifies { by, passes } => {
                let verdict = if *passes { "it passes" } else { "invalid_credentials" };
                write!(f, "An instance verifies the password ({}): {verdict}.", Whose(*by))
            }
            Self::Looks { by, key, found, again } => looked(f, *by, *key, *found, *again),
            Self::FindsTheAddressFirst => {
                f.write_str("An instance finds the address taken, and answers so.")
            }
            Self::Commits { operation, number, key } => committed(f, *operation, *number, *key),
            Self::WritesTheKey { key } => {
                write!(f, "It writes key {key:?}, in a transaction of its own.")
            }
            Self::WritesNothing => f.write_str(
                "Its commit finds the key used, or the address taken, and writes nothing.",
            ),
            Self::AnswersAgain { number } => {
                write!(f, "It answers with session {number} again, and with ticket 1.")
            }
            Self::IsDuplicate => f.write_str("It answers duplicate_attempt."),
            Self::Receives { answer } => received(f, *answer),
            Self::ReceivesTheCookieAlone { number } => write!(
                f,
                "The connection breaks behind the cookie: ticket 1 of session {number} is in the jar."
            ),
            Self::Refreshes { jar } => write!(f, "The client refreshes with {jar}."),
            Self::RefreshIsRefused { jar, is_replay: true } => {
                write!(f, "The client presents {jar}: a replay, the session is over.")
            }
            Self::RefreshIsRefused { jar, .. } => {
                write!(f, "The client presents {jar}: the session is over.")
            }
            Self::RevokedElsewhere { number } => {
                write!(f, "Session {number} is revoked elsewhere.")
            }
            Self::DatabaseRollsBack => f.write_str("The database loses its latest commit."),
            Self::KeysAreForgotten => f.write_str("A day passes, and keys are forgotten."),
        }
    }
}

fn looked(
    f: &mut fmt::Formatter<'_>,
    by: Person,
    key: Key,
    found: Option<Number>,
    again: bool,
) -> fmt::Result {
    if again {
        write!(f, "It looks for key {key:?} again: ")?;
    } else {
        write!(f, "An instance looks for key {key:?} ({}): ", Whose(by))?;
    }
    match found {
        None => f.write_str("not used."),
        Some(number) => write!(f, "session {number}."),
    }
}

fn committed(
    f: &mut fmt::Formatter<'_>,
    operation: Operation,
    number: Number,
    key: Option<Key>,
) -> fmt::Result {
    let account = if operation == Operation::Register { "the account and " } else { "" };
    match key {
        Some(key) => write!(f, "It commits {account}session {number} with key {key:?}."),
        None => write!(f, "It commits {account}session {number}, without the key."),
    }
}

fn lost(f: &mut fmt::Formatter<'_>, progress: Progress) -> fmt::Result {
    f.write_str(match progress {
        Progress::Sent => "A request is lost.",
        Progress::Answered(_) => "An answer is lost, or its instance killed before it was sent.",
        _ => "An instance is killed, and a call with it.",
    })
}

fn received(f: &mut fmt::Formatter<'_>, answer: Answer) -> fmt::Result {
    match answer {
        Answer::Issued(number) => {
            write!(f, "The client receives session {number}, with ticket 1.")
        }
        Answer::Duplicate => f.write_str("The client receives duplicate_attempt."),
        Answer::EmailTaken => f.write_str("The client receives email_taken."),
        Answer::WrongPassword => f.write_str("The client receives invalid_credentials."),
    }
}

impl fmt::Display for Jar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ticket {} of session {}", self.ticket, self.session)
    }
}

struct Whose(Person);

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Person::Client => "the client's request",
            Person::Other => "the other person's",
        })
    }
}
