//! A TLS proxy: it forwards connections to https://localhost byte by byte to a server on loopback. Both ends are on
//! this machine, so the server sees the client address that it would see anyway, and needs no trusted header.

use anyhow::{Context, Result};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener as Bound};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// The timeout of a TLS handshake.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(50);

/// The bound ports, of IPv4 and IPv6: which one `localhost` is depends on the browser.
pub(super) struct Proxy(Vec<Bound>);

impl Proxy {
    /// Binds `port` of the loopback addresses, or a free one if it is 0.
    pub(super) fn bind(port: u16) -> Result<Self> {
        let first = Bound::bind((Ipv4Addr::LOCALHOST, port)).with_context(|| {
            format!(
                "port {port} of 127.0.0.1 could not be had: stop what listens there, or choose another port: \
                 `cargo xtask run --https={}`",
                port.wrapping_add(1).max(1024)
            )
        })?;
        let port = first.local_addr()?.port();
        let mut listeners = vec![first];
        match Bound::bind((Ipv6Addr::LOCALHOST, port)) {
            Ok(second) => listeners.push(second),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                return Err(error).with_context(|| {
                    format!("port {port} of ::1 could not be had: stop what listens there")
                });
            }
            // A machine without IPv6.
            Err(_) => {}
        }
        Ok(Self(listeners))
    }

    pub(super) fn port(&self) -> Result<u16> {
        Ok(self.0[0].local_addr()?.port())
    }

    /// Forwards connections for as long as it is polled.
    pub(super) async fn serve(self, acceptor: TlsAcceptor, upstream: SocketAddr) -> Result<()> {
        let mut accepting = tokio::task::JoinSet::new();
        for listener in self.0 {
            listener.set_nonblocking(true)?;
            let listener = TcpListener::from_std(listener)?;
            accepting.spawn(accept(listener, acceptor.clone(), upstream));
        }
        while accepting.join_next().await.is_some() {}
        Ok(())
    }
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, upstream: SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // An untrusted certificate or a closed connection: the browser reports it.
                    let _ = forward(stream, &acceptor, upstream).await;
                });
            }
            // Either this connection failed, or there are too many: retry after a pause.
            Err(_) => pause().await,
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "out of file descriptors, trying again at once would only spin"
)]
async fn pause() {
    tokio::time::sleep(PAUSE).await;
}

async fn forward(
    stream: TcpStream,
    acceptor: &TlsAcceptor,
    upstream: SocketAddr,
) -> io::Result<()> {
    let accepting = tokio::time::timeout(HANDSHAKE_WITHIN, acceptor.accept(stream));
    let mut outside = accepting.await??;
    let mut inside = TcpStream::connect(upstream).await?;
    inside.set_nodelay(true)?;
    tokio::io::copy_bidirectional(&mut outside, &mut inside).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::certificate::{self, provider};
    use super::*;
    use crate::scratch::Folder;
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
    use rustls::{ClientConfig, RootCertStore};
    use std::path::Path;
    use std::sync::Arc;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio_rustls::TlsConnector;

    const REQUEST: &[u8] =
        b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

    /// The answer of a server behind the proxy to a client that trusts `roots`.
    async fn ask(
        folder: &Path,
        trusted: &Path,
        host: &'static str,
    ) -> io::Result<(Vec<u8>, Vec<u8>)> {
        let certificate = certificate::ensure(folder, UnixTime::now()).expect("a certificate");
        let server = TcpListener::bind("127.0.0.1:0").await?;
        let proxy = Proxy::bind(0).expect("a port");
        let port = proxy.port().expect("it is bound");
        let acceptor = certificate.acceptor().expect("a certificate");
        tokio::spawn(proxy.serve(acceptor, server.local_addr()?));
        let heard = tokio::spawn(async move {
            let (mut stream, _) = server.accept().await.expect("a connection");
            let mut heard = vec![0; REQUEST.len()];
            stream.read_exact(&mut heard).await.expect("the request");
            stream.write_all(ANSWER).await.expect("it listens");
            heard
        });
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from_pem_file(trusted).expect("a file in PEM");
        roots.add(root).expect("an authority");
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        let name = ServerName::try_from(host).expect("a name");
        let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
        stream.write_all(REQUEST).await?;
        let mut answer = vec![0; ANSWER.len()];
        stream.read_exact(&mut answer).await?;
        Ok((heard.await.expect("it was asked"), answer))
    }

    #[tokio::test]
    async fn https_works_for_a_client_that_trusts_the_named_file() {
        let scratch = Folder::new("https");
        let folder = &scratch.0;
        let (heard, answer) =
            ask(folder, &folder.join("authority.pem"), "localhost").await.expect("an answer");
        assert_eq!((heard.as_slice(), answer.as_slice()), (REQUEST, ANSWER));
    }

    #[tokio::test]
    async fn a_client_that_trusts_another_authority_or_means_another_host_sends_nothing() {
        let (ours, others) = (Folder::new("ours"), Folder::new("others"));
        certificate::ensure(&others.0, UnixTime::now()).expect("a certificate");
        let (ours, others) = (&ours.0, &others.0);
        for (trusted, host) in [
            (others.join("authority.pem"), "localhost"),
            (ours.join("authority.pem"), "elsewhere.example"),
        ] {
            certificate::ensure(ours, UnixTime::now()).expect("a certificate");
            let refused = ask(ours, &trusted, host).await.expect_err("it is not vouched for");
            assert_eq!(refused.kind(), io::ErrorKind::InvalidData, "{refused}");
        }
    }

    #[test]
    fn a_port_that_is_taken_is_an_error_that_says_what_to_do() {
        let held = Proxy::bind(0).expect("a port");
        let port = held.port().expect("it is bound");
        let error = Proxy::bind(port).err().expect("it is taken");
        let text = format!("{error:#}");
        assert!(text.contains(&port.to_string()) && text.contains("--https="), "{text}");
    }
}
