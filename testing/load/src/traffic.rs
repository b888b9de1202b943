//! What the connections of a measurement send: which operation comes next, and what its answer must be. When it is
//! sent is the generator's part.

use anyhow::{Result, ensure};
use shared::path;

use crate::http::Answer;
use crate::session::{self, PASSWORD, Session, WRONG_PASSWORD};

/// A kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Operation {
    /// `GET /api/me`.
    Me,
    /// A refresh.
    Refresh,
    /// A login with the right password.
    Login,
    /// A login with a wrong password.
    Guess,
    /// `GET /status-lists/{n}`.
    List,
}

impl Operation {
    /// Whether a server that works answers so. A guess may find no permit to hash (503): the server sheds load.
    fn accepts(self, status: u16) -> bool {
        match self {
            Self::Me | Self::Refresh | Self::Login => status == 200,
            Self::Guess => matches!(status, 401 | 503),
            Self::List => matches!(status, 200 | 304),
        }
    }

    /// The error of an unexpected answer, with the answer.
    pub(crate) fn check(self, answer: &Answer<'_>) -> Result<()> {
        ensure!(self.accepts(answer.status), "{self:?} was answered with {}", answer.shown());
        Ok(())
    }
}

/// The requests of a group of connections.
pub(crate) trait Traffic {
    /// Appends the next request of this connection. [`None`]: there is none left, which ends the measurement.
    fn request(&mut self, connection: usize, out: &mut Vec<u8>) -> Option<Operation>;

    /// Takes the answer to the connection's last request.
    ///
    /// # Errors
    /// If it is not as expected.
    fn answer(
        &mut self,
        operation: Operation,
        connection: usize,
        answer: &Answer<'_>,
    ) -> Result<()>;
}

/// Sessions that call and refresh by turns. Each session belongs to one connection, so that it is never refreshed
/// twice at a time.
pub(crate) struct Visits<'s> {
    sessions: &'s mut [Session],
    connections: usize,
    pattern: Pattern,
    /// Of each connection: how many requests it has sent.
    turns: Vec<usize>,
    /// Of each connection: the session of its last request.
    current: Vec<usize>,
    left: Option<u64>,
}

/// So many calls, then so many refreshes, and again.
#[derive(Clone, Copy)]
pub(crate) struct Pattern {
    pub(crate) calls: usize,
    pub(crate) refreshes: usize,
}

impl Pattern {
    pub(crate) const CALLS: Self = Self { calls: 1, refreshes: 0 };
    pub(crate) const REFRESHES: Self = Self { calls: 0, refreshes: 1 };
    /// An access token lives 15 minutes: a page that calls every 45 seconds.
    pub(crate) const MIX: Self = Self { calls: 20, refreshes: 1 };

    /// What it consists of, in the main.
    pub(crate) fn operation(self) -> Operation {
        if self.calls > 0 { Operation::Me } else { Operation::Refresh }
    }
}

impl<'s> Visits<'s> {
    /// Divides the sessions among the connections, of which there are at most as many.
    pub(crate) fn new(sessions: &'s mut [Session], connections: usize, pattern: Pattern) -> Self {
        assert!(connections <= sessions.len(), "a session has one connection");
        Self {
            sessions,
            connections,
            pattern,
            // Each connection begins at another place of the pattern.
            turns: (0..connections).collect(),
            current: vec![0; connections],
            left: None,
        }
    }

    /// Ends after so many requests.
    pub(crate) fn at_most(self, requests: u64) -> Self {
        Self { left: Some(requests), ..self }
    }

    /// What the browser of the connection's last request holds now.
    pub(crate) fn credentials(&self, connection: usize) -> Credentials {
        let session = &self.sessions[self.current[connection]];
        Credentials {
            authorization: session.authorization().to_owned(),
            cookie: session.cookie().to_owned(),
        }
    }
}

impl Traffic for Visits<'_> {
    fn request(&mut self, connection: usize, out: &mut Vec<u8>) -> Option<Operation> {
        if let Some(left) = &mut self.left {
            *left = left.checked_sub(1)?;
        }
        let turn = self.turns[connection];
        self.turns[connection] += 1;
        let each = self.sessions.len() / self.connections;
        let number = connection + self.connections * (turn % each);
        self.current[connection] = number;
        let session = &mut self.sessions[number];
        let Pattern { calls, refreshes } = self.pattern;
        if turn % (calls + refreshes) < calls {
            session.write_me(out);
            Some(Operation::Me)
        } else {
            session.write_refresh(out);
            Some(Operation::Refresh)
        }
    }

    fn answer(
        &mut self,
        operation: Operation,
        connection: usize,
        answer: &Answer<'_>,
    ) -> Result<()> {
        operation.check(answer)?;
        if operation == Operation::Refresh {
            self.sessions[self.current[connection]].take(answer)?;
        }
        Ok(())
    }
}

/// Logins of browsers without cookies, of one user after the other.
pub(crate) struct Logins {
    users: usize,
    next: usize,
    operation: Operation,
    /// Answers with 503.
    pub(crate) shed: u64,
}

impl Logins {
    /// With the right password.
    pub(crate) fn right(users: usize) -> Self {
        Self { users, next: 0, operation: Operation::Login, shed: 0 }
    }

    /// With a wrong password.
    pub(crate) fn wrong(users: usize) -> Self {
        Self { operation: Operation::Guess, ..Self::right(users) }
    }
}

impl Traffic for Logins {
    fn request(&mut self, _: usize, out: &mut Vec<u8>) -> Option<Operation> {
        let email = session::email(self.next % self.users);
        self.next += 1;
        let is_right = self.operation == Operation::Login;
        let password = if is_right { PASSWORD } else { WRONG_PASSWORD };
        session::write_sign_in(out, path::LOGIN, &email, password);
        Some(self.operation)
    }

    fn answer(&mut self, operation: Operation, _: usize, answer: &Answer<'_>) -> Result<()> {
        self.shed += u64::from(answer.status == 503);
        operation.check(answer)
    }
}

/// An access token with the cookies that its browser sends along.
pub(crate) struct Credentials {
    pub(crate) authorization: String,
    pub(crate) cookie: String,
}

/// Calls that present each access token once: the server sees every token for the first time.
pub(crate) struct FirstCalls {
    tokens: std::vec::IntoIter<Credentials>,
}

impl FirstCalls {
    /// Ends when all are used.
    pub(crate) fn new(tokens: Vec<Credentials>) -> Self {
        Self { tokens: tokens.into_iter() }
    }
}

impl Traffic for FirstCalls {
    fn request(&mut self, _: usize, out: &mut Vec<u8>) -> Option<Operation> {
        let Credentials { authorization, cookie } = self.tokens.next()?;
        session::write_me(out, &authorization, &cookie);
        Some(Operation::Me)
    }

    fn answer(&mut self, operation: Operation, _: usize, answer: &Answer<'_>) -> Result<()> {
        operation.check(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions(count: usize) -> Vec<Session> {
        (0..count).map(|number| Session::new(number, number)).collect()
    }

    /// The operations of `turns` requests of each connection, and the session of each.
    fn sent(visits: &mut Visits<'_>, turns: usize) -> Vec<(usize, usize, Option<Operation>)> {
        let connections = visits.connections;
        let mut sent = Vec::new();
        for connection in (0..connections).cycle().take(turns * connections) {
            let operation = visits.request(connection, &mut Vec::new());
            sent.push((connection, visits.current[connection], operation));
        }
        sent
    }

    #[test]
    fn a_session_belongs_to_one_connection_and_all_have_their_turns() {
        let mut sessions = sessions(6);
        let mut visits = Visits::new(&mut sessions, 2, Pattern::REFRESHES);
        let mut owners = vec![None; 6];
        for (connection, session, operation) in sent(&mut visits, 6) {
            assert_eq!(operation, Some(Operation::Refresh));
            assert_eq!(*owners[session].get_or_insert(connection), connection);
        }
        assert!(owners.iter().all(Option::is_some), "{owners:?}");
    }

    #[test]
    fn the_mix_is_twenty_calls_and_one_refresh() {
        let mut sessions = sessions(4);
        let mut visits = Visits::new(&mut sessions, 2, Pattern::MIX);
        let sent = sent(&mut visits, 210);
        let count = |wanted| sent.iter().filter(|(.., it)| *it == Some(wanted)).count();
        assert_eq!((count(Operation::Me), count(Operation::Refresh)), (400, 20));
    }

    #[test]
    fn a_bounded_visit_ends() {
        let mut sessions = sessions(2);
        let mut visits = Visits::new(&mut sessions, 2, Pattern::CALLS).at_most(3);
        let sent = sent(&mut visits, 2);
        assert_eq!(sent.iter().filter(|(.., it)| it.is_some()).count(), 3);
    }

    #[test]
    fn an_answer_that_is_not_expected_is_an_error_that_shows_it() {
        let text = "HTTP/1.1 503 no\r\ncontent-length: 4\r\n\r\nbusy";
        let answer = crate::http::read(text.as_bytes()).expect("HTTP").expect("it is whole");
        let mut logins = Logins::wrong(1);
        logins.answer(Operation::Guess, 0, &answer).expect("load that is shed");
        assert_eq!(logins.shed, 1);
        let error = Logins::right(1).answer(Operation::Login, 0, &answer).expect_err("no login");
        assert_eq!(error.to_string(), "Login was answered with 503: busy");
    }
}
