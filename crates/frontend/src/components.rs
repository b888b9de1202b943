//! The components of pages: one file each, with a stylesheet of the same name in `style/components` if the component
//! has styles. Components must not know routes or send requests.

pub(crate) mod account_nav;
pub(crate) mod button;
pub(crate) mod checkbox;
pub(crate) mod cookie_note;
pub(crate) mod countdown;
pub(crate) mod event_list;
pub(crate) mod facts;
pub(crate) mod failed;
pub(crate) mod field;
pub(crate) mod filter_bar;
pub(crate) mod form;
pub(crate) mod hero;
pub(crate) mod keyed;
pub(crate) mod link;
pub(crate) mod login_alert;
pub(crate) mod network_log;
pub(crate) mod note_list;
pub(crate) mod notice;
pub(crate) mod panel;
pub(crate) mod password_dialog;
pub(crate) mod password_field;
pub(crate) mod relay_picture;
pub(crate) mod script_needed;
pub(crate) mod session_list;
pub(crate) mod session_notices;
pub(crate) mod site_footer;
pub(crate) mod site_header;
pub(crate) mod skeleton;
pub(crate) mod start_note;
pub(crate) mod steps;
pub(crate) mod strength_meter;
pub(crate) mod text;
pub(crate) mod text_area;
pub(crate) mod username;
