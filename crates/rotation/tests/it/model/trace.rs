//! A trace of events through a world, in short sentences, so that a reader can follow a counterexample.

use std::fmt;

use rotation::Decision;

use super::rules::Row;
use super::state::{Answer, Caller, Key, Ticket};

/// An event.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    Looks {
        tab: u8,
        found: Option<Key>,
    },
    Presents {
        caller: Caller,
        ticket: Ticket,
        key: Option<Key>,
        again: bool,
    },
    RequestsLogout {
        tab: u8,
    },
    RequestsPasswordChange {
        tab: u8,
        key: Option<Key>,
    },
    Reads {
        caller: Caller,
        ticket: Ticket,
        row: Row,
    },
    /// `answer` is `None` if the row had changed since it was read.
    Acts {
        caller: Caller,
        ticket: Ticket,
        decision: Decision,
        answer: Option<Answer>,
    },
    Revokes {
        was_revoked: bool,
    },
    Receives {
        caller: Caller,
        answer: Answer,
    },
    CookieLandsLate {
        ticket: Ticket,
    },
    Lost {
        caller: Caller,
        answered: bool,
    },
    GivesUp {
        caller: Caller,
    },
    Copied {
        caller: Caller,
    },
    ServerCrashes,
    DatabaseRollsBack {
        to: u8,
    },
    DatabaseFlushes,
    CookieIsLost {
        ticket: Ticket,
    },
    KeyIsLost,
    RevokedElsewhere,
    Copies {
        ticket: Ticket,
        key: Option<Key>,
    },
    TimePasses,
}

impl Event {
    /// The kinds that must occur in the worlds of Baton's promises.
    pub(crate) const KINDS: [&str; 26] = [
        "a cookie lands late",
        "a logout revokes the session",
        "a password change revokes the session",
        "a request is lost",
        "a tab asks for another password",
        "a tab asks to log out",
        "a tab gives up waiting",
        "a tab looks for a pending key",
        "a tab presents a ticket",
        "a tab receives an answer",
        "a tab retries",
        "a write finds the row changed",
        "accept",
        "an answer is lost",
        "answer again",
        "duplicate",
        "refuse",
        "replay",
        "the database flushes",
        "the database rolls back",
        "the network repeats a request",
        "the server crashes",
        "the server reads the row",
        "the thief copies the jar",
        "the thief presents a ticket",
        "the thief receives an answer",
    ];

    /// Its kind, for the counts that show what was explored.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Looks { .. } => "a tab looks for a pending key",
            Self::Presents { caller: Caller::Thief, .. } => "the thief presents a ticket",
            Self::Presents { again: true, .. } => "a tab retries",
            Self::Presents { .. } => "a tab presents a ticket",
            Self::RequestsLogout { .. } => "a tab asks to log out",
            Self::RequestsPasswordChange { .. } => "a tab asks for another password",
            Self::Reads { .. } => "the server reads the row",
            Self::Acts { answer: None, .. } => "a write finds the row changed",
            Self::Acts { decision, .. } => match decision {
                Decision::Accept { .. } => "accept",
                Decision::AnswerAgain => "answer again",
                Decision::Duplicate => "duplicate",
                Decision::Replay => "replay",
                Decision::Refuse(_) => "refuse",
            },
            Self::Revokes { .. } => "a logout revokes the session",
            Self::Receives { caller: Caller::Thief, .. } => "the thief receives an answer",
            Self::Receives { .. } => "a tab receives an answer",
            Self::CookieLandsLate { .. } => "a cookie lands late",
            Self::Lost { answered: true, .. } => "an answer is lost",
            Self::Lost { .. } => "a request is lost",
            Self::GivesUp { .. } => "a tab gives up waiting",
            Self::Copied { .. } => "the network repeats a request",
            Self::ServerCrashes => "the server crashes",
            Self::DatabaseRollsBack { .. } => "the database rolls back",
            Self::DatabaseFlushes => "the database flushes",
            Self::CookieIsLost { .. } => "the browser loses a cookie",
            Self::KeyIsLost => "the browser loses a pending key",
            Self::RevokedElsewhere => "a password change revokes the session",
            Self::Copies { .. } => "the thief copies the jar",
            Self::TimePasses => "time passes",
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Looks { tab, found } => {
                write!(f, "Tab {} looks for a pending key and finds {}.", tab + 1, named(*found))
            }
            Self::Presents { caller, ticket, key, again } => {
                let (who, again) = (Who(*caller), if *again { " again" } else { "" });
                write!(f, "{who} presents {ticket}{again}, with {}.", named(*key))
            }
            Self::RequestsLogout { tab } => write!(f, "Tab {} asks to log out.", tab + 1),
            Self::RequestsPasswordChange { tab, key } => {
                write!(f, "Tab {} asks for another password, with {}.", tab + 1, named(*key))
            }
            Self::Reads { caller, ticket, row } => {
                let whose = Whose(*caller);
                write!(f, "The server gets {ticket} ({whose}) and reads the row: {row}.")
            }
            Self::Acts { caller, ticket, decision, answer } => {
                acts(f, *caller, *ticket, *decision, *answer)
            }
            Self::Revokes { was_revoked: true, .. } => {
                f.write_str("The server: already logged out.")
            }
            Self::Revokes { .. } => f.write_str("The server revokes the session: logged out."),
            Self::Receives { caller, answer } => match answer {
                Answer::Issued(ticket) => write!(f, "{} receives {ticket}.", Who(*caller)),
                Answer::Refused => write!(f, "{} receives invalid_grant.", Who(*caller)),
                Answer::Duplicate => write!(f, "{} receives duplicate_attempt.", Who(*caller)),
                Answer::LoggedOut => write!(f, "{} receives 204.", Who(*caller)),
                Answer::WrongPassword => {
                    write!(f, "{} receives invalid_credentials.", Who(*caller))
                }
            },
            Self::CookieLandsLate { ticket } => {
                write!(f, "The cookie of an abandoned answer lands in the jar: {ticket}.")
            }
            Self::Lost { caller, answered: true } => {
                write!(f, "The answer to {} is lost.", whom(*caller))
            }
            Self::Lost { caller, .. } => write!(f, "The request of {} is lost.", whom(*caller)),
            Self::GivesUp { caller } => write!(f, "{} gives up waiting.", Who(*caller)),
            Self::Copied { caller } => {
                write!(f, "The network will deliver the request of {} twice.", whom(*caller))
            }
            Self::ServerCrashes => f.write_str("The server is killed."),
            Self::DatabaseRollsBack { to } => {
                write!(f, "The database loses what it has not flushed: accepted was {to}.")
            }
            Self::DatabaseFlushes => f.write_str("The database flushes."),
            Self::CookieIsLost { ticket } => {
                write!(f, "The browser crashes; on disk its jar still holds {ticket}.")
            }
            Self::KeyIsLost => f.write_str("The browser loses the key of the pending attempt."),
            Self::RevokedElsewhere => f.write_str("A password change revokes the session."),
            Self::Copies { ticket, key: None } => write!(f, "A thief copies the jar: {ticket}."),
            Self::Copies { ticket, key } => {
                write!(f, "A thief copies the jar, {ticket}, and the pending {}.", named(*key))
            }
            Self::TimePasses => f.write_str("Half a minute passes, and more."),
        }
    }
}

fn acts(
    f: &mut fmt::Formatter<'_>,
    caller: Caller,
    ticket: Ticket,
    decision: Decision,
    answer: Option<Answer>,
) -> fmt::Result {
    let Some(answer) = answer else {
        return write!(f, "The server finds the row changed, and begins again with {ticket}.");
    };
    match (decision, answer) {
        (Decision::Accept { .. }, Answer::Issued(next)) => {
            write!(f, "It accepts {ticket} and answers with {next}.")
        }
        (Decision::AnswerAgain, Answer::Issued(next)) => {
            write!(f, "It answers {ticket} again, with {next}.")
        }
        (_, Answer::WrongPassword) => f.write_str("It knows the password no more."),
        (Decision::Duplicate, _) => write!(f, "It knows {ticket} as answered, and says so."),
        (Decision::Replay, _) => {
            let whose = Whose(caller);
            write!(f, "It takes {ticket} ({whose}) for a replay: the session is over.")
        }
        _ => write!(f, "It refuses {ticket}: the session is over."),
    }
}

impl fmt::Display for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ticket {}", self.generation)?;
        "′″‴"
            .chars()
            .take(usize::from(self.sibling))
            .last()
            .map_or(Ok(()), |prime| write!(f, "{prime}"))
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.revoked, self.generation, self.attempt) {
            (Some(_), ..) => f.write_str("revoked"),
            (None, 0, _) => f.write_str("none accepted yet"),
            (None, accepted, None) => write!(f, "{accepted} accepted"),
            (None, accepted, key) => write!(f, "{accepted} accepted with {}", named(key)),
        }
    }
}

struct Who(Caller);

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Caller::Tab(tab) => write!(f, "Tab {}", tab + 1),
            Caller::GaveUp => f.write_str("A tab that gave up"),
            Caller::Network => f.write_str("The network"),
            Caller::Thief => f.write_str("The thief"),
        }
    }
}

struct Whose(Caller);

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Caller::Tab(tab) => write!(f, "tab {}'s", tab + 1),
            Caller::GaveUp => f.write_str("a late one"),
            Caller::Network => f.write_str("a copy"),
            Caller::Thief => f.write_str("the thief's"),
        }
    }
}

fn whom(caller: Caller) -> String {
    match caller {
        Caller::Tab(tab) => format!("tab {}", tab + 1),
        Caller::GaveUp => "a tab that gave up".to_owned(),
        Caller::Network => "the network's copy".to_owned(),
        Caller::Thief => "the thief".to_owned(),
    }
}

fn named(key: Option<Key>) -> String {
    key.map_or_else(|| "no key".to_owned(), |key| format!("key {}", char::from(b'A' + key % 26)))
}
