//! Measures refreshes per second over HTTP with the embedded database, and the processor time of each:
//! `cargo bench -p backend --bench refresh`. Each client reuses its connection, rotates its refresh cookie and sends
//! a new idempotency key with each request. Figures of two machines do not compare.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const ORIGIN: &str = "http://localhost:3000";
const CLIENTS: [u32; 2] = [1, 32];
const REFRESHES_EACH: u32 = 1_000;
/// The unit of `/proc/<pid>/stat` (proc(5)): `USER_HZ`, which is 100 on Linux.
const TICKS_PER_SECOND: f64 = 100.0;

#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn main() {
    for clients in CLIENTS {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (server, address) = start(folder.path());
        let clients: Vec<Client> = (0..clients).map(|it| Client::register(&address, it)).collect();
        let total =
            f64::from(REFRESHES_EACH) * f64::from(u32::try_from(clients.len()).expect("few"));

        let (busy, began) = (server.processor_seconds(), now());
        let work = clients.into_iter().map(|client| std::thread::spawn(|| client.refresh()));
        let threads: Vec<_> = work.collect();
        let count = threads.len();
        threads.into_iter().for_each(|thread| thread.join().expect("no client fails"));
        let (took, busy) = (began.elapsed().as_secs_f64(), server.processor_seconds() - busy);

        println!(
            "{count:>3} clients: {:>7.0} refreshes/s, {:>7.0} per second of processor time",
            total / took,
            total / busy
        );
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn now() -> Instant {
    Instant::now()
}

/// The server process, killed on drop.
struct Server(Child);

fn start(folder: &Path) -> (Server, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_baton"));
    command.env_clear().current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::null());
    command.args(["serve", "--listen", "127.0.0.1:0", "--origin", ORIGIN, "--limits", "off"]);
    let mut child = command.spawn().expect("the program starts");
    let mut line = String::new();
    let out = child.stdout.take().expect("its output");
    BufReader::new(out).read_line(&mut line).expect("a line");
    let address = line.trim().strip_prefix("listening on http://").expect("the promised line");
    (Server(child), address.to_owned())
}

impl Server {
    /// Processor time so far, user and kernel mode: fields 14 and 15 of `/proc/<pid>/stat` (proc(5)).
    fn processor_seconds(&self) -> f64 {
        let path = format!("/proc/{}/stat", self.0.id());
        let stat = std::fs::read_to_string(path).expect("Linux");
        let (_, after_name) = stat.rsplit_once(')').expect("a name in brackets");
        let ticks = after_name.split_whitespace().skip(11).take(2);
        ticks.map(|it| it.parse::<f64>().expect("a number")).sum::<f64>() / TICKS_PER_SECOND
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A browser with one keep-alive connection.
struct Client {
    connection: BufReader<TcpStream>,
    cookie: String,
}

impl Client {
    fn register(address: &str, number: u32) -> Self {
        let connection = TcpStream::connect(address).expect("a connection");
        connection.set_nodelay(true).expect("a socket");
        connection.set_read_timeout(Some(Duration::from_secs(10))).expect("a socket");
        let mut client = Self { connection: BufReader::new(connection), cookie: String::new() };
        let email = format!("client{number}@example.com");
        let body = format!(r#"{{"email":"{email}","password":"marble heron beyond tuesday"}}"#);
        client.post("/api/auth/register", "content-type: application/json\r\n", &body);
        client
    }

    fn refresh(mut self) {
        for number in 0..REFRESHES_EACH {
            let headers =
                format!("cookie: {}\r\nidempotency-key: key-{number:032}\r\n", self.cookie);
            self.post("/api/auth/refresh", &headers, "");
        }
    }

    /// Sends a request, reads the response and stores its refresh cookie.
    fn post(&mut self, path: &str, headers: &str, body: &str) {
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost:3000\r\norigin: {ORIGIN}\r\n\
             sec-fetch-site: same-origin\r\n{headers}content-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.connection.get_mut().write_all(request.as_bytes()).expect("a request");
        let status = self.line();
        let mut length = 0;
        let mut cookie = None;
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(": ") else { break };
            match name {
                "content-length" => length = value.parse().expect("a length"),
                "set-cookie" if value.starts_with("__Host-Http-refresh=") => {
                    cookie = value.split(';').next().map(str::to_owned);
                }
                _ => {}
            }
        }
        let mut body = vec![0; length];
        self.connection.read_exact(&mut body).expect("a body");
        assert!(status.starts_with("HTTP/1.1 20"), "{status} {}", String::from_utf8_lossy(&body));
        self.cookie = cookie.expect("a refresh cookie");
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.connection.read_line(&mut line).expect("an answer");
        line.truncate(line.trim_end().len());
        line
    }
}
