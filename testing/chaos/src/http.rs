//! A minimal HTTP/1.1 client: one request per connection. Written out because the suite cuts connections at every
//! byte and must know which bytes had arrived: a browser keeps the cookies of an answer whose body is lost.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// The timeout of a call: the program promises every answer within 10 s.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub(crate) struct Request {
    method: &'static str,
    path: Cow<'static, str>,
    headers: Vec<(&'static str, String)>,
    body: Option<String>,
}

impl Request {
    pub(crate) fn get(path: impl Into<Cow<'static, str>>) -> Self {
        Self { method: "GET", path: path.into(), headers: Vec::new(), body: None }
    }

    pub(crate) const fn post(path: &'static str) -> Self {
        Self { method: "POST", path: Cow::Borrowed(path), headers: Vec::new(), body: None }
    }

    pub(crate) const fn delete(path: &'static str) -> Self {
        Self { method: "DELETE", path: Cow::Borrowed(path), headers: Vec::new(), body: None }
    }

    pub(crate) const fn put(path: &'static str) -> Self {
        Self { method: "PUT", path: Cow::Borrowed(path), headers: Vec::new(), body: None }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn json(mut self, body: &serde_json::Value) -> Self {
        self.body = Some(body.to_string());
        self.header("content-type", "application/json")
    }

    /// One form parameter; its characters need no escaping.
    pub(crate) fn form(mut self, name: &str, value: &str) -> Self {
        self.body = Some(format!("{name}={value}"));
        self.header("content-type", "application/x-www-form-urlencoded")
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    fn encode(&self) -> String {
        let body = self.body.as_deref().unwrap_or_default();
        let mut text = format!("{} {} HTTP/1.1\r\nhost: localhost\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            text += &format!("{name}: {value}\r\n");
        }
        text += &format!("content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
        text
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    /// Every value of a header.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(move |(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    /// The header names, in lower case.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.headers.iter().map(|(name, _)| name.as_str())
    }

    /// The value of a cookie in `Set-Cookie`.
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.headers.iter().filter(|(it, _)| it == "set-cookie").find_map(|(_, line)| {
            let (value, _) = line.strip_prefix(name)?.strip_prefix('=')?.split_once(';')?;
            Some(value)
        })
    }

    /// The body as text, for error messages.
    pub(crate) fn lossy_body(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A string member of the JSON body.
    pub(crate) fn text(&self, member: &str) -> Option<String> {
        let body: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
        Some(body.get(member)?.as_str()?.to_owned())
    }
}

/// No whole answer arrived.
#[derive(Debug)]
pub(crate) struct CallError {
    /// The head, if it had arrived.
    pub(crate) head: Option<Answer>,
    /// Whether [`CALL_TIMEOUT`] has passed.
    pub(crate) timed_out: bool,
    pub(crate) why: String,
}

impl CallError {
    fn broken(why: impl ToString) -> Self {
        Self { head: None, timed_out: false, why: why.to_string() }
    }

    fn timed_out() -> Self {
        Self { head: None, timed_out: true, why: format!("no answer within {CALL_TIMEOUT:?}") }
    }
}

/// An open connection, before its request.
pub(crate) struct Connection(TcpStream);

/// Opens a connection.
pub(crate) async fn connect(address: SocketAddr) -> Result<Connection, CallError> {
    match timeout(CALL_TIMEOUT, TcpStream::connect(address)).await {
        Ok(Ok(stream)) => Ok(Connection(stream)),
        Ok(Err(error)) => Err(CallError::broken(error)),
        Err(_) => Err(CallError::timed_out()),
    }
}

/// Sends a request on a new connection.
pub(crate) async fn call(address: SocketAddr, request: &Request) -> Result<Answer, CallError> {
    connect(address).await?.request(request).await
}

/// The same from this local address.
pub(crate) async fn call_from(
    from: Ipv4Addr,
    address: SocketAddr,
    request: &Request,
) -> Result<Answer, CallError> {
    connect_from(from, address).await?.request(request).await
}

/// Opens a connection from this local address: all of 127.0.0.0/8 is loopback.
pub(crate) async fn connect_from(
    from: Ipv4Addr,
    address: SocketAddr,
) -> Result<Connection, CallError> {
    let connect = async {
        let socket = TcpSocket::new_v4()?;
        socket.bind((IpAddr::V4(from), 0).into())?;
        socket.connect(address).await
    };
    match timeout(CALL_TIMEOUT, connect).await {
        Ok(Ok(stream)) => Ok(Connection(stream)),
        Ok(Err(error)) => Err(CallError::broken(error)),
        Err(_) => Err(CallError::timed_out()),
    }
}

impl Connection {
    /// Sends raw bytes.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> Result<(), CallError> {
        self.0.write_all(bytes).await.map_err(CallError::broken)
    }

    /// Sends the request, and reads until the answer is whole, or the connection closes.
    pub(crate) async fn request(mut self, request: &Request) -> Result<Answer, CallError> {
        let exchange = async {
            self.0.write_all(request.encode().as_bytes()).await.map_err(CallError::broken)?;
            let mut received = Vec::new();
            let ended = loop {
                match self.0.read_buf(&mut received).await {
                    // No wait for the close: Envoy waits a second for the client to close first.
                    Ok(read) if read > 0 && !is_whole(&received) => {}
                    ended => break ended,
                }
            };
            read(&received).map_err(|head| CallError {
                head,
                timed_out: false,
                why: match ended {
                    Ok(_) => format!("the answer ended after {} bytes", received.len()),
                    Err(error) => error.to_string(),
                },
            })
        };
        timeout(CALL_TIMEOUT, exchange).await.unwrap_or_else(|_| Err(CallError::timed_out()))
    }
}

/// Whether the answer is complete. Unknown without a `content-length`.
fn is_whole(received: &[u8]) -> bool {
    read(received).is_ok_and(|answer| answer.header("content-length").is_some())
}

/// The answer, if it is whole; else its head, if it has arrived.
pub(crate) fn read(received: &[u8]) -> Result<Answer, Option<Answer>> {
    let end = received.windows(4).position(|four| four == b"\r\n\r\n").ok_or(None)?;
    let head = std::str::from_utf8(&received[..end]).map_err(|_| None)?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).ok_or(None)?;
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let answer = Answer { status, headers, body: received[end + 4..].to_vec() };
    let length: usize =
        answer.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    if answer.body.len() < length { Err(Some(answer)) } else { Ok(answer) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &[u8] =
        b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\nset-cookie: b=2; Path=/\r\n\
        content-length: 7\r\n\r\n{\"x\":1}";

    #[test]
    fn a_whole_answer_is_read_with_its_cookies() {
        let answer = read(WHOLE).expect("it is whole");
        assert_eq!((answer.status, answer.cookie("b")), (200, Some("2")));
    }

    #[test]
    fn an_answer_cut_in_its_body_has_a_head_and_one_cut_earlier_has_none() {
        let cut = read(&WHOLE[..WHOLE.len() - 1]).expect_err("a byte is missing");
        assert_eq!(cut.and_then(|head| head.cookie("a").map(str::to_owned)), Some("1".to_owned()));
        assert!(read(&WHOLE[..40]).expect_err("cut in the head").is_none());
        assert!(read(b"").expect_err("nothing came").is_none());
    }
}
