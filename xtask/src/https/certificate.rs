//! The certificate of https://localhost: generated here, cached in one folder, renewed before its expiry. The key
//! that signs it is discarded at once, and the authority is limited to `localhost` (RFC 5280 section 4.2.1.10): trust
//! in it is trust in this one certificate.

use crate::workspace::Workspace;
use anyhow::{Context, Result};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, NameConstraints,
};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{RootCertStore, ServerConfig};
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;
use tokio_rustls::TlsAcceptor;

const HOST: &str = "localhost";
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Its TTL in days. Developers trust it by hand and do not want to do so every month.
const DAYS: u32 = 365;
/// It is renewed this many days before its expiry.
const RENEW_DAYS: u32 = 7;

/// A certificate, its key, and the authority that signed it.
pub(crate) struct Certificate {
    folder: PathBuf,
    roots: Arc<RootCertStore>,
    leaf: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

/// The folder of the workspace's certificate.
pub(crate) fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target().join("https")
}

/// The cached certificate in `folder`; a new one unless that is valid for some more days.
pub(crate) fn ensure(folder: &Path, now: UnixTime) -> Result<Certificate> {
    if let Ok(certificate) = Certificate::read(folder)
        && certificate.is_valid_at(later(now, RENEW_DAYS))
    {
        return Ok(certificate);
    }
    make(folder, now)
        .and_then(|()| Certificate::read(folder))
        .with_context(|| format!("no certificate could be made in {}", folder.display()))
}

fn later(now: UnixTime, days: u32) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(now.as_secs()) + DAY * days)
}

fn make(folder: &Path, now: UnixTime) -> Result<()> {
    let made = OffsetDateTime::from_unix_timestamp(i64::try_from(now.as_secs())?)?;
    let params = |subject: &str, names: &[String]| -> Result<CertificateParams> {
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name.push(DnType::CommonName, subject);
        // The machine's clock and the file system's may differ by seconds.
        params.not_before = made - DAY;
        params.not_after = made + DAY * DAYS;
        Ok(params)
    };
    let mut authority = params("Baton on localhost", &[])?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    authority.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName(HOST.to_owned())],
        excluded_subtrees: vec![],
    });
    let mut leaf = params(HOST, &[HOST.to_owned()])?;
    leaf.use_authority_key_identifier_extension = true;
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let (signing, key) = (KeyPair::generate()?, KeyPair::generate()?);
    let authority_pem = authority.self_signed(&signing)?.pem();
    let leaf_pem = leaf.signed_by(&key, &Issuer::from_params(&authority, &signing))?.pem();
    drop(signing);

    fs::create_dir_all(folder)?;
    write(&authority_file(folder), &authority_pem)?;
    write(&leaf_file(folder), &leaf_pem)?;
    write(&key_file(folder), &key.serialize_pem())
}

/// With access for the owner alone, as one of the files is a key.
fn write(file: &Path, text: &str) -> Result<()> {
    // The mode applies only to a new file.
    let _ = fs::remove_file(file);
    let mut new = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    new.write_all(text.as_bytes())?;
    Ok(())
}

fn authority_file(folder: &Path) -> PathBuf {
    folder.join("authority.pem")
}

fn leaf_file(folder: &Path) -> PathBuf {
    folder.join("certificate.pem")
}

fn key_file(folder: &Path) -> PathBuf {
    folder.join("key.pem")
}

/// An explicit provider: another one among the dependencies must not be chosen by accident.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

impl Certificate {
    fn read(folder: &Path) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(authority_file(folder))?)?;
        Ok(Self {
            folder: folder.to_path_buf(),
            roots: Arc::new(roots),
            leaf: CertificateDer::from_pem_file(leaf_file(folder))?,
            key: PrivateKeyDer::from_pem_file(key_file(folder))?,
        })
    }

    /// Whether a browser that trusts the authority would accept it, and the key belongs to it.
    fn is_valid_at(&self, at: UnixTime) -> bool {
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::clone(&self.roots), provider());
        let Ok(verifier) = verifier.build() else { return false };
        let name = ServerName::try_from(HOST).expect("`localhost` is a name");
        verifier.verify_server_cert(&self.leaf, &[], &name, &[], at).is_ok()
            && self.config().is_ok()
    }

    fn config(&self) -> Result<ServerConfig> {
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![self.leaf.clone()], self.key.clone_key())?;
        // The server behind it speaks only HTTP/1.1.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    /// The acceptor that terminates TLS.
    pub(super) fn acceptor(&self) -> Result<TlsAcceptor> {
        Ok(TlsAcceptor::from(Arc::new(self.config()?)))
    }

    /// The certificate's file.
    pub(crate) fn file(&self) -> PathBuf {
        leaf_file(&self.folder)
    }

    /// The key's file.
    pub(crate) fn key_file(&self) -> PathBuf {
        key_file(&self.folder)
    }

    /// Instructions for a developer, to follow once.
    pub(super) fn how_to_trust(&self) -> String {
        let file = authority_file(&self.folder);
        let file = file.display();
        format!(
            "\
    The browser will warn that it does not know who issued the certificate. Continue past the warning, or trust it,
    once a year. It is good for localhost alone, and the key that signed it is gone.
      Firefox            Settings, Privacy & Security, View Certificates, Authorities, Import: {file}
      Chromium, Linux    certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n baton-localhost -i {file}
                         (certutil is in Debian's libnss3-tools)
      Debian, with curl  sudo cp {file} /usr/local/share/ca-certificates/baton-localhost.crt
      and WebKitGTK      && sudo update-ca-certificates
      macOS, Safari      security add-trusted-cert -r trustRoot -k ~/Library/Keychains/login.keychain-db {file}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Folder;

    #[test]
    fn a_certificate_is_kept_until_it_is_about_to_expire() {
        let scratch = Folder::new("certificate");
        let folder = &scratch.0;
        let now = UnixTime::now();
        let first = ensure(folder, now).expect("a certificate").leaf;
        assert_eq!(ensure(folder, now).expect("the same").leaf, first);
        let nearly = later(now, DAYS - RENEW_DAYS - 1);
        assert_eq!(ensure(folder, nearly).expect("the same").leaf, first);
        let late = later(now, DAYS - RENEW_DAYS + 1);
        assert_ne!(ensure(folder, late).expect("another").leaf, first);
    }

    #[test]
    fn a_folder_that_was_meddled_with_is_put_right() {
        let scratch = Folder::new("meddled");
        let folder = &scratch.0;
        let now = UnixTime::now();
        let first = ensure(folder, now).expect("a certificate").leaf;
        write(&key_file(folder), &KeyPair::generate().expect("a key").serialize_pem())
            .expect("it is ours");
        let second = ensure(folder, now).expect("another").leaf;
        assert_ne!(second, first, "the key belonged to another certificate");
        fs::remove_file(authority_file(folder)).expect("it is there");
        assert_ne!(ensure(folder, now).expect("another").leaf, second);
    }

    #[test]
    fn the_files_are_their_owners_alone_and_none_is_the_key_that_signed() {
        use std::os::unix::fs::PermissionsExt as _;
        let scratch = Folder::new("owners");
        ensure(&scratch.0, UnixTime::now()).expect("a certificate");
        let mut keys = 0;
        for file in fs::read_dir(&scratch.0).expect("it is there") {
            let file = file.expect("it can be read").path();
            let mode = fs::metadata(&file).expect("it is there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}", file.display());
            keys += usize::from(fs::read_to_string(&file).expect("text").contains("PRIVATE KEY"));
        }
        assert_eq!(keys, 1);
    }

    #[test]
    fn the_instructions_name_the_file_to_trust() {
        let scratch = Folder::new("instructions");
        let instructions =
            ensure(&scratch.0, UnixTime::now()).expect("a certificate").how_to_trust();
        let file = authority_file(&scratch.0).display().to_string();
        for browser in ["Firefox", "Chromium", "Safari", "WebKitGTK"] {
            assert!(instructions.contains(browser), "{instructions}");
        }
        assert_eq!(instructions.matches(&file).count(), 4, "{instructions}");
    }
}
