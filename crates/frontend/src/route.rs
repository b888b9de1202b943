//! The pages, by path: which page a path leads to, its title, and whether it needs a login.

use shared::path::{
    ACCOUNT_PAGE, ACTIVITY_PAGE, HOME_PAGE, LOGIN_PAGE, NOTES_PAGE, REGISTER_PAGE, SESSIONS_PAGE,
    SETTINGS_PAGE,
};

use crate::page::server_context::NotesService;

/// A page of the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Route {
    Home,
    Register,
    Login,
    Account,
    Notes,
    Sessions,
    Activity,
    Settings,
    NotFound,
}

impl Route {
    /// The page of a URL's path. The notes page does not exist without its service.
    pub(crate) fn of(path: &str, NotesService(has_notes): NotesService) -> Self {
        // A slash at the end changes nothing.
        let path = path.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(path);
        match path {
            HOME_PAGE => Self::Home,
            REGISTER_PAGE => Self::Register,
            LOGIN_PAGE => Self::Login,
            ACCOUNT_PAGE => Self::Account,
            NOTES_PAGE if has_notes => Self::Notes,
            SESSIONS_PAGE => Self::Sessions,
            ACTIVITY_PAGE => Self::Activity,
            SETTINGS_PAGE => Self::Settings,
            _ => Self::NotFound,
        }
    }

    /// The title of its document.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Home => "Baton: staying logged in is a relay",
            Self::Register => "Create your account · Baton",
            Self::Login => "Log in · Baton",
            Self::Account => "Your account · Baton",
            Self::Notes => "Your notes · Baton",
            Self::Sessions => "Active sessions · Baton",
            Self::Activity => "Security activity · Baton",
            Self::Settings => "Your settings · Baton",
            Self::NotFound => "Page not found · Baton",
        }
    }

    /// Whether it needs a login.
    pub(crate) fn is_behind_login(self) -> bool {
        matches!(
            self,
            Self::Account | Self::Notes | Self::Sessions | Self::Activity | Self::Settings
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_at_the_end_changes_nothing_and_a_part_of_a_path_is_no_page() {
        for (path, route) in [
            ("/", Route::Home),
            ("/login", Route::Login),
            ("/login/", Route::Login),
            ("/login//", Route::NotFound),
            ("/log", Route::NotFound),
            ("/account/more", Route::NotFound),
            ("/notes", Route::Notes),
        ] {
            assert_eq!(Route::of(path, NotesService(true)), route, "{path}");
        }
        assert_eq!(Route::of("/notes", NotesService(false)), Route::NotFound);
    }
}
