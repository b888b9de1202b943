//! TLS to an https issuer: its certificate must chain to a trusted authority. Otherwise no request is sent.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use verifier::remote::{Issuer, Unavailable};

use crate::support::world::World;
use crate::support::{AUDIENCE, pkcs8, unb64};

/// Self-signed, for 127.0.0.1, with the key of RFC 7515 appendix A.3, valid until the year 2126.
const OWN_CERTIFICATE: &str = concat!(
    "MIIBhzCCASygAwIBAgIUdngL9RINdA6W9vvnH8bTSlleJzAwCgYIKoZIzj0EAwIwDzENMAsGA1UEAwwEdGVzdDAg",
    "Fw0yNjExMjExODA5NThaGA8yMTI2MTAyODE4MDk1OFowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqG",
    "SM49AwEHA0IABH_Nzidw9sRdQYPL7m_bS3tYBzM1e-nvE7rPbjx70VRFx_FEzRu9m36HLN_tue659LNpXW6pCySt",
    "ikYjKIWI5a2jZDBiMB0GA1UdDgQWBBTOjRaxyTOOt_45eZmuRb7uP7WGhjAfBgNVHSMEGDAWgBTOjRaxyTOOt_45",
    "eZmuRb7uP7WGhjAPBgNVHRMBAf8EBTADAQH_MA8GA1UdEQQIMAaHBH8AAAEwCgYIKoZIzj0EAwIDSQAwRgIhANq5",
    "ErwmEWWlAJZshro3lZ6XMaMvrUX7gJX5iNKz4HGSAiEAq3GauIphp1ltzP-eWvLDBKgnXsUKDHO0daEamcEy-r4",
);

#[tokio::test(start_paused = true)]
async fn an_issuer_without_a_trusted_certificate_gets_no_request() {
    // For its paused clock.
    let _world = World::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let issuer = Issuer::new(&format!("https://{address}"), [AUDIENCE]).expect("an issuer");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let certificate = CertificateDer::from(unb64(OWN_CERTIFICATE));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], PrivatePkcs8KeyDer::from(pkcs8()).into())
        .expect("a key that fits the certificate");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let (ready, asked) = tokio::join!(issuer.ready(), async {
        let (stream, _) = listener.accept().await.expect("a connection");
        let Ok(mut stream) = acceptor.accept(stream).await else { return false };
        let mut first = [0];
        let asked = stream.read_exact(&mut first).await.is_ok();
        let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await;
        asked
    });
    assert_eq!(ready, Err(Unavailable::Keys));
    assert!(!asked, "a request was sent to an unknown server");
}

#[tokio::test(start_paused = true)]
async fn an_https_issuer_is_spoken_to_by_tls_alone() {
    let _world = World::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let issuer = Issuer::new(&format!("https://{address}"), [AUDIENCE]).expect("an issuer");
    let (ready, heard) = tokio::join!(issuer.ready(), async {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut heard = [0; 3];
        stream.read_exact(&mut heard).await.expect("a greeting");
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n{}").await.expect("an answer in clear");
        heard
    });
    assert_eq!(ready, Err(Unavailable::Keys));
    // RFC 8446 section 5.1: a handshake record.
    assert_eq!(heard[..2], [0x16, 0x03]);
}
