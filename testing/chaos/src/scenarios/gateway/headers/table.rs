//! The response headers on which a browser acts (CORS, CSP, HSTS, cookies and many more), and the values that decide
//! whether a checked header passes.

/// Each with a value that a browser would act on. Some stand twice, in another case.
pub(super) const ACTED_ON: &[&str] = &[
    "Accept-CH: Sec-CH-UA-Model",
    "Access-Control-Allow-Credentials: true",
    "Access-Control-Allow-Headers: authorization",
    "Access-Control-Allow-Methods: DELETE",
    "Access-Control-Allow-Origin: https://elsewhere.example",
    "Access-Control-Allow-Private-Network: true",
    "Access-Control-Expose-Headers: *",
    "Access-Control-Max-Age: 86400",
    "Activate-Storage-Access: load",
    "Ad-Auction-Signals: {}",
    "Alt-Svc: h2=\"elsewhere.example:443\"; ma=86400",
    "Attribution-Reporting-Register-Source: {}",
    "Attribution-Reporting-Register-Trigger: {}",
    "Authentication-Info: nextnonce=\"1\"",
    "Clear-Site-Data: \"*\"",
    "clear-site-DATA: \"cookies\"",
    "Content-Disposition: attachment; filename=\"baton.exe\"",
    "Content-Location: /api/me",
    "Content-Security-Policy-Report-Only: default-src 'none'; report-uri https://elsewhere.example",
    "Critical-CH: Sec-CH-UA-Model",
    "Cross-Origin-Embedder-Policy: require-corp",
    "Cross-Origin-Embedder-Policy-Report-Only: require-corp",
    "Cross-Origin-Opener-Policy: unsafe-none",
    "Cross-Origin-Opener-Policy-Report-Only: same-origin",
    "Cross-Origin-Resource-Policy: cross-origin",
    "Document-Isolation-Policy: isolate-and-require-corp",
    "Document-Policy: force-load-at-top",
    "Expect-CT: max-age=86400, report-uri=\"https://elsewhere.example\"",
    "Expires: Thu, 01 Jan 2032 00:00:00 GMT",
    "Feature-Policy: camera *",
    "Integrity-Policy: blocked-destinations=(script)",
    "Keep-Alive: timeout=86400",
    "Link: </login>; rel=preload; as=script, <https://elsewhere.example>; rel=preconnect",
    "NEL: {\"report_to\":\"out\",\"max_age\":86400,\"include_subdomains\":true}",
    "No-Vary-Search: params",
    "Observe-Browsing-Topics: ?1",
    "Origin-Agent-Cluster: ?0",
    "P3P: CP=\"ALL\"",
    "Permissions-Policy: camera=*",
    "Permissions-Policy-Report-Only: camera=()",
    "Pragma: public",
    "Proxy-Authenticate: Basic realm=\"Baton\"",
    "Proxy-Authentication-Info: nextnonce=\"1\"",
    "Proxy-Connection: keep-alive",
    "Public-Key-Pins: max-age=86400; pin-sha256=\"AAAA\"",
    "Public-Key-Pins-Report-Only: max-age=86400; pin-sha256=\"AAAA\"",
    "Referrer-Policy: unsafe-url",
    "Refresh: 0; url=https://elsewhere.example",
    "Report-To: {\"group\":\"out\",\"max_age\":86400,\"endpoints\":[{\"url\":\"https://elsewhere.example\"}]}",
    "Reporting-Endpoints: default=\"https://elsewhere.example\"",
    "Require-Document-Policy: force-load-at-top",
    "Sec-Session-Challenge: \"c\"",
    "Sec-Session-Registration: (ES256);path=\"/api/notes/s\"",
    "Secure-Session-Challenge: \"c\";id=\"s\"",
    "Secure-Session-Registration: (ES256);path=\"/api/notes/s\";challenge=\"c\"",
    "Server: baton",
    "Server-Timing: db;dur=53",
    "Service-Worker-Allowed: /",
    "Set-Cookie: __Host-Http-refresh=of-the-service; Path=/; Secure; HttpOnly",
    "SET-COOKIE: __Host-signed-in=; Path=/; Secure; Max-Age=0",
    "Set-Cookie2: a=b; Version=1",
    "Set-Login: logged-out",
    "Shared-Storage-Write: clear",
    "SourceMap: https://elsewhere.example/map",
    "Speculation-Rules: \"/api/notes/rules\"",
    "Strict-Transport-Security: max-age=31536000; includeSubDomains; preload",
    "Supports-Loading-Mode: credentialed-prerender",
    "Timing-Allow-Origin: *",
    "Upgrade: h2c",
    "Use-As-Dictionary: match=\"/*\"",
    "Via: 1.1 elsewhere",
    "Warning: 110 - \"stale\"",
    "X-Accel-Redirect: /api/me",
    "X-Content-Security-Policy: default-src *",
    "X-DNS-Prefetch-Control: on",
    "X-Envoy-Immediate-Health-Check-Fail: 1",
    "X-Frame-Options: ALLOWALL",
    "X-Invented-Tomorrow: 1",
    "X-Permitted-Cross-Domain-Policies: all",
    "X-SourceMap: https://elsewhere.example/map",
    "X-UA-Compatible: IE=7",
    "X-WebKit-CSP: default-src *",
    "X-XSS-Protection: 1; report=https://elsewhere.example",
];

/// Header lines of the service, and the value that has to arrive.
pub(super) struct Checked {
    pub(super) lines: &'static str,
    pub(super) name: &'static str,
    pub(super) arrives: Option<&'static str>,
}

const OCTETS: Option<&str> = Some("application/octet-stream");

pub(super) const VALUES: &[Checked] = &[
    // A document or a script of the shared origin would be Baton's: XSS.
    of_type("Content-Type: application/json", Some("application/json")),
    of_type("Content-Type: application/problem+json", Some("application/problem+json")),
    of_type("Content-Type: text/plain; charset=utf-8", Some("text/plain; charset=utf-8")),
    of_type("Content-Type: text/html", OCTETS),
    of_type("Content-Type: TEXT/HTML; charset=utf-8", OCTETS),
    of_type("Content-Type: image/svg+xml", OCTETS),
    of_type("Content-Type: text/javascript", OCTETS),
    of_type("Content-Type: multipart/x-mixed-replace; boundary=a", OCTETS),
    of_type("Content-Type: application/json, text/html", OCTETS),
    of_type("Content-Type: application/json\r\nCONTENT-TYPE: text/html", OCTETS),
    of_type("Content-Type: application/json; charset=utf-7", OCTETS),
    // A redirect repeats the call elsewhere, with the page's same-origin headers and its cookies.
    location("Location: /api/notes/019a-b", Some("/api/notes/019a-b")),
    location("Location: /api/auth/logout", None),
    location("Location: /api/notes/../auth/logout", None),
    location("Location: /api/notes/%2e%2e/auth/logout", None),
    location("Location: /api/notes/..\\auth\\logout", None),
    location("Location: /api/notesx", None),
    location("Location: //elsewhere.example/api/notes/1", None),
    location("Location: https://elsewhere.example/api/notes/1", None),
    location("Location: ../auth/logout", None),
    location("Location: javascript:alert(1)", None),
    location("Location: /api/notes/1\r\nlocation: /api/auth/logout", None),
    // Any other scheme makes the browser prompt for a password in Baton's name, or try the user's own credentials.
    challenge("WWW-Authenticate: Bearer", Some("Bearer")),
    challenge(
        "WWW-Authenticate: Bearer error=\"insufficient_scope\", scope=\"a,b Basic\"",
        Some("Bearer error=\"insufficient_scope\", scope=\"a,b Basic\""),
    ),
    challenge(
        "WWW-Authenticate: Bearer realm=\"notes\", max_age=300",
        Some("Bearer realm=\"notes\", max_age=300"),
    ),
    challenge("WWW-Authenticate: Basic realm=\"Baton\"", None),
    challenge("WWW-Authenticate: Basic", None),
    challenge("WWW-Authenticate: Negotiate", None),
    challenge("WWW-Authenticate: Bearer realm=\"a\", Basic realm=\"b\"", None),
    challenge("WWW-Authenticate: Bearer, Basic", None),
    challenge("WWW-Authenticate: Bearer realm=\"a, Basic realm=\"b\"", None),
    challenge("WWW-Authenticate: Bearer realm=\"a\\\", Basic realm=\"b\"", None),
    challenge("WWW-Authenticate: Bearer realm=\"a\"\r\nWWW-AUTHENTICATE: Basic realm=\"b\"", None),
    challenge(
        "WWW-Authenticate: Basic realm=\"b\"\r\nWWW-Authenticate: Bearer realm=\"a\"",
        Some("Bearer realm=\"a\""),
    ),
    // The rest of the list passes unchanged.
    passes("Allow: GET", "allow", "GET"),
    passes("Cache-Control: no-store", "cache-control", "no-store"),
    passes("Content-Encoding: gzip", "content-encoding", "gzip"),
    passes("ETag: \"1\"", "etag", "\"1\""),
    passes(
        "Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT",
        "last-modified",
        "Thu, 01 Jan 2026 00:00:00 GMT",
    ),
    passes("Retry-After: 7", "retry-after", "7"),
    passes("Vary: Accept", "vary", "Accept"),
    passes("X-Request-Id: 0123456789abcdef", "x-request-id", "0123456789abcdef"),
];

const fn of_type(lines: &'static str, arrives: Option<&'static str>) -> Checked {
    Checked { lines, name: "content-type", arrives }
}

const fn location(lines: &'static str, arrives: Option<&'static str>) -> Checked {
    Checked { lines, name: "location", arrives }
}

const fn challenge(lines: &'static str, arrives: Option<&'static str>) -> Checked {
    Checked { lines, name: "www-authenticate", arrives }
}

const fn passes(lines: &'static str, name: &'static str, arrives: &'static str) -> Checked {
    Checked { lines, name, arrives: Some(arrives) }
}

impl Checked {
    /// A response with a status for which a browser acts on the header.
    pub(super) fn response(&self) -> Vec<u8> {
        let status = match self.name {
            "location" => "307 Temporary Redirect",
            "www-authenticate" => "401 Unauthorized",
            "allow" => "405 Method Not Allowed",
            "retry-after" => "503 Service Unavailable",
            _ => "200 OK",
        };
        let lines = self.lines;
        format!("HTTP/1.1 {status}\r\n{lines}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            .into_bytes()
    }
}
