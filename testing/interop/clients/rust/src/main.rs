//! The flow by reqwest or by ureq, as they come: `clients reqwest|ureq ORIGIN`. The certificate of `CA`, if there is
//! one, is trusted.

use serde_json::json;
use std::error::Error;

type Answer = Result<(u16, String), Box<dyn Error>>;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [library, origin] = &arguments[..] else {
        return Err("clients reqwest|ureq ORIGIN".into());
    };
    let certificate = std::env::var("CA").ok().map(std::fs::read).transpose()?;
    let email = format!("{}@example.com", uuid::Uuid::new_v4());
    let account = json!({ "email": email, "password": "velvet otter under glass", "name": "Ada" });
    let call: Box<dyn Fn(&str, Option<&serde_json::Value>) -> Answer> = match library.as_str() {
        "reqwest" => {
            let client = by_reqwest(certificate.as_deref())?;
            println!("0.13.5");
            Box::new(move |url, body| {
                let mut request = client.post(url).header("idempotency-key", key());
                if let Some(body) = body {
                    request = request.json(body);
                }
                let answer = request.send()?;
                Ok((answer.status().as_u16(), answer.text()?))
            })
        }
        _ => {
            let agent = by_ureq(certificate.as_deref())?;
            println!("3.5.2");
            Box::new(move |url, body| {
                let request = agent.post(url).header("idempotency-key", key());
                let mut answer = match body {
                    Some(body) => request.send_json(body)?,
                    None => request.send_empty()?,
                };
                Ok((answer.status().as_u16(), answer.body_mut().read_to_string()?))
            })
        }
    };
    for (path, body) in [
        ("register", Some(&account)),
        ("refresh", None),
        ("refresh", None),
        ("logout", None),
        ("refresh", None),
    ] {
        let (status, text) = call(&format!("{origin}/api/auth/{path}"), body)?;
        println!("{status} {text}");
    }
    Ok(())
}

fn by_reqwest(certificate: Option<&[u8]>) -> Result<reqwest::blocking::Client, Box<dyn Error>> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::blocking::Client::builder().cookie_store(true);
    if let Some(certificate) = certificate {
        builder = builder.tls_certs_only([reqwest::Certificate::from_pem(certificate)?]);
    }
    Ok(builder.build()?)
}

fn by_ureq(certificate: Option<&[u8]>) -> Result<ureq::Agent, Box<dyn Error>> {
    use ureq::tls::{Certificate, RootCerts, TlsConfig};
    let mut config = ureq::Agent::config_builder().http_status_as_error(false);
    if let Some(certificate) = certificate {
        let roots = RootCerts::new_with_certs(&[Certificate::from_pem(certificate)?]);
        config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
    }
    Ok(config.build().into())
}

fn key() -> String {
    uuid::Uuid::new_v4().to_string()
}
