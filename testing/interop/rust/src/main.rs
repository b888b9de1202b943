//! One library as a resource server: `baton-interop LIBRARY ISSUER AUDIENCE PORT`. It answers a request that has a
//! valid access token with the claims that it found.

mod by_jwt_authorizer;
mod by_openidconnect;

use tokio::net::TcpListener;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [library, issuer, audience, port] = arguments.as_slice() else {
        panic!("usage: baton-interop LIBRARY ISSUER AUDIENCE PORT");
    };
    let router = match library.as_str() {
        "jwt-authorizer" => by_jwt_authorizer::router(issuer, audience).await,
        "openidconnect" => by_openidconnect::router(issuer, audience).await,
        other => panic!("there is no library {other}"),
    };
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await.expect("a free port");
    axum::serve(listener, router).await.expect("it serves");
}
