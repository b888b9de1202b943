//! Environment variables as shells, compose files and unit files set them, through a program's command line.
#![forbid(unsafe_code)]

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, Parser, Subcommand};
use environment::{Error, parse_from};

#[derive(Debug, Parser)]
#[command(name = "demo")]
struct Line {
    #[command(subcommand)]
    command: What,
    #[arg(long, env = "DEMO_LOG", default_value = "info", global = true)]
    log: String,
    #[arg(long, env = "DEMO_JSON", global = true, value_parser = FalseyValueParser::new())]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum What {
    Serve(Serve),
    Stop,
    Rename {
        /// Without a variable, unlike `serve --name`.
        #[arg(long)]
        name: String,
    },
}

#[derive(Debug, Args)]
struct Serve {
    #[arg(long, env = "DEMO_PORT", default_value_t = 80)]
    port: u16,
    #[arg(long, env = "DEMO_NAME")]
    name: String,
    #[arg(long, env = "DEMO_FOLDER")]
    folder: Option<PathBuf>,
    #[arg(long, env = "DEMO_PEERS", value_delimiter = ',')]
    peers: Vec<String>,
    /// Without a variable.
    #[arg(long)]
    once: bool,
}

const NAME: (&str, &str) = ("DEMO_NAME", "a");

fn parsed(arguments: &str, variables: &[(&str, OsString)]) -> Result<Line, Error> {
    let arguments = ["demo"].into_iter().chain(arguments.split_whitespace());
    parse_from(arguments.map(OsString::from), |name: &OsStr| {
        variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
    })
}

fn serving(variables: &[(&str, &str)]) -> Result<(Line, Serve), String> {
    let variables: Vec<_> =
        variables.iter().map(|(name, value)| (*name, OsString::from(value))).collect();
    let mut line = parsed("serve", &variables).map_err(|error| error.to_string())?;
    match std::mem::replace(&mut line.command, What::Stop) {
        What::Serve(serve) => Ok((line, serve)),
        other => unreachable!("serve was asked for: {other:?}"),
    }
}

#[test]
fn a_variable_that_is_set_to_nothing_counts_as_not_set() {
    for nothing in ["", " ", "\r", " \t\n"] {
        let all = ["DEMO_LOG", "DEMO_JSON", "DEMO_PORT", "DEMO_FOLDER", "DEMO_PEERS"];
        let all = all.map(|name| (name, nothing));
        let (line, serve) = serving(&[&all[..], &[NAME]].concat()).expect("the defaults");
        assert_eq!((line.log.as_str(), line.json, serve.port), ("info", false, 80), "{nothing:?}");
        assert_eq!((serve.folder, serve.peers), (None, Vec::new()));
        // A setting without a default is missing then.
        let missing = serving(&[("DEMO_NAME", nothing)]).expect_err("no name");
        assert!(missing.starts_with("--name / DEMO_NAME: "), "{missing}");
    }
}

#[test]
fn white_space_around_values_and_entries_does_not_count() {
    let (line, serve) = serving(&[
        ("DEMO_LOG", " debug\r"),
        ("DEMO_JSON", "1 "),
        ("DEMO_PORT", " 8080\n"),
        ("DEMO_NAME", "two words "),
        ("DEMO_FOLDER", "\t/srv/demo"),
        ("DEMO_PEERS", " b, c ,d\r"),
    ])
    .expect("settings");
    assert_eq!((line.log.as_str(), line.json, serve.port), ("debug", true, 8080));
    assert_eq!((serve.name.as_str(), serve.folder), ("two words", Some("/srv/demo".into())));
    assert_eq!(serve.peers, ["b", "c", "d"]);
}

#[test]
fn quotes_are_refused_with_the_reason_and_without_the_value() {
    for name in ["LOG", "JSON", "PORT", "NAME", "FOLDER", "PEERS"] {
        let variable = format!("DEMO_{name}");
        let flag = format!("--{} / {variable}: ", name.to_lowercase());
        for quoted in ["\"8080\"", "'8080'", " \"8080\" ", "\"8080", "8080'", "\"8,0,8,0\""] {
            let error = serving(&[(variable.as_str(), quoted), NAME]).expect_err("a refusal");
            assert!(error.starts_with(&flag) && error.contains("quotation mark"), "{error}");
            assert!(!error.contains("80") && !error.contains('\n'), "{error}");
        }
    }
    let entry = serving(&[NAME, ("DEMO_PEERS", "b, \"c\",d")]).expect_err("a refusal");
    assert!(entry.starts_with("--peers / DEMO_PEERS: "), "{entry}");
    // Quotes inside a value belong to it.
    assert_eq!(serving(&[("DEMO_NAME", "Ada's")]).expect("a name").1.name, "Ada's");
}

#[test]
fn what_clap_refuses_names_the_variable_too() {
    let soon = serving(&[NAME, ("DEMO_PORT", "soon")]).expect_err("a refusal");
    assert!(soon.starts_with("--port / DEMO_PORT: ") && soon.contains("'soon'"), "{soon}");
    assert!(soon.ends_with("digit found in string (see `demo help`)"), "{soon}");
    let missing = parsed("rename", &[]).expect_err("a refusal").to_string();
    assert!(missing.contains("--name") && !missing.contains("DEMO_NAME"), "{missing}");
    let flag = parsed("serve --once=1", &[]).expect_err("a refusal").to_string();
    assert!(flag.starts_with("unexpected value '1' for '--once'"), "{flag}");
}

#[test]
fn what_is_not_utf_8_is_refused() {
    let bytes = OsString::from_vec(vec![b'a', 0xff]);
    let error = parsed("serve", &[("DEMO_NAME", bytes)]).expect_err("a refusal").to_string();
    assert_eq!(error, "--name / DEMO_NAME: the value is not UTF-8");
}

/// A command for an emergency ignores the settings of other commands.
#[test]
fn only_a_setting_that_counts_is_an_error() {
    let quoted = [("DEMO_PORT", OsString::from("\"80\"")), ("DEMO_NAME", "b".into())];
    assert!(parsed("stop", &quoted).is_ok());
    assert!(parsed("serve", &quoted).is_err());
    assert!(parsed("serve --port 81", &quoted).is_ok(), "a flag counts more");
    let global = [("DEMO_LOG", OsString::from("'info'"))];
    assert!(parsed("stop", &global).is_err());
    assert!(parsed("stop --log info", &global).is_ok());
}

#[test]
fn help_is_no_error_and_shows_no_value() {
    let name = [("DEMO_NAME", OsString::from("hunter2"))];
    for asks in ["help serve", "serve --help", ""] {
        let help = match parsed(asks, &name) {
            Err(Error::Help(help)) => help.to_string(),
            other => panic!("{asks}: {other:?}"),
        };
        assert!(help.contains("serve") && !help.contains("hunter2"), "{help}");
    }
}
