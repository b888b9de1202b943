//! Messages for a browser that keeps no cookies. A browser refuses a cookie silently, so each sentence states what
//! was observed, and calls a cause a possibility.

use crate::session::no_cookie::NoCookie;

/// The session ended at the expiry of its access token.
pub const LASTED_AS_LONG_AS_ITS_TOKEN: &str = "Your login is over: this browser kept no cookie of it, so it lasted only as long \
    as its first access token.";

/// The page was loaded again, and the token was in the memory of the previous page.
pub const GONE_WITH_THE_PAGE: &str = "You are not logged in any more: this browser kept no cookie of your login, and the page was \
    loaded again. The session expires by itself; to log it out, log in again and open Sessions.";

/// The server refused the session, and its cookies are missing.
pub const COOKIES_ARE_GONE: &str = "Your session could not continue: its cookies are not in this browser any more. They expire with the \
    session, and are removed when another tab logs out or finds the session over, or when the data of this site is cleared. \
    Log in again to continue.";

/// Reauthentication is a refresh, which needs the cookie.
pub const TAKES_A_COOKIE: &str = "Nothing was done: confirming your password takes a cookie of your login, and this browser kept \
    none. Log out and in again; right after a login the password is not asked for.";

/// Before a login: the session will not last.
#[must_use]
pub fn no_login_lasts(why: NoCookie) -> String {
    format!(
        "This browser did not keep a test cookie, so a login will last only a short while, and end with a reload. {}",
        seen_and_remedy(why)
    )
}

/// After a login: the session ends at `time`.
#[must_use]
pub fn ends_at(why: NoCookie, time: &str) -> String {
    format!(
        "This browser kept no cookie of your login: it ends at {time}, or with a reload. {}",
        seen_and_remedy(why)
    )
}

/// The cookies were removed; the token's expiry is at `time`.
#[must_use]
pub fn removed_before(time: &str) -> String {
    format!(
        "The cookie that says that you are logged in is not in this browser any more: it was removed after your login. You are \
         logged in until {time}; after that, or when this page is loaded again, you may have to log in again."
    )
}

const fn seen_and_remedy(why: NoCookie) -> &'static str {
    match why {
        NoCookie::SwitchedOff => {
            "The browser says that cookies are switched off for this page: allow them in its settings, then log in again."
        }
        NoCookie::AllDataBlocked => {
            "It stores nothing else for this page either, as where a site's data is blocked in the settings: allow cookies for \
             this site there, then log in again."
        }
        NoCookie::NotSecure => {
            "This page was not delivered securely, and browsers keep the cookies of a login only if it was: open it with https."
        }
        NoCookie::PlainHttp => {
            "Browsers built on WebKit, such as Safari, keep none over http, not even from localhost: there, use https \
             (cargo xtask run --https). In others, allow cookies for this site."
        }
        NoCookie::OfTheLogin => {
            "Another cookie of this page was kept, so something removes that of the login: an extension may do so, or whatever \
             stands between this browser and the server."
        }
        NoCookie::NotSaid => {
            "The browser does not say why: look whether its settings, or an extension, block cookies for this site, then log in \
             again."
        }
    }
}
