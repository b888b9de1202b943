//! Parses a trace of strace: writes to files, flushes and responses, in order.

use std::collections::HashMap;

/// An effect of the program that outlives it.
#[derive(Debug)]
pub(super) enum Event {
    /// Bytes written to a position of a file.
    Wrote { file: String, at: usize, bytes: Vec<u8> },
    /// A file was truncated or extended.
    Resized { file: String, length: usize },
    /// A file was opened with `O_CREAT`.
    Made { file: String },
    /// A name was removed.
    Removed { file: String },
    /// A file or folder is durable, in the state before the event numbered `since`.
    Synced { file: String, since: usize },
    /// Bytes for a network connection: a response, out in the world from this instant.
    Answered { text: String },
}

/// The traced system calls: all that change files, and all that send.
pub(super) const CALLS: &str = "openat,open,creat,pwrite64,pwritev,pwritev2,write,writev,sendto,\
    sendmsg,fsync,fdatasync,sync_file_range,ftruncate,truncate,fallocate,unlink,unlinkat,rename,\
    renameat,renameat2,link,linkat,copy_file_range,sendfile,splice";

/// The events of a trace, in order.
pub(super) fn read(trace: &str) -> Vec<Event> {
    let mut reader = Reader::default();
    for line in trace.lines() {
        if let Some((thread, call)) = line.split_once(' ') {
            reader.line(thread, call.trim_start());
        }
    }
    reader.events
}

#[derive(Default)]
struct Reader<'a> {
    events: Vec<Event>,
    /// Calls that strace interrupted for another thread's: the beginning of each, and its event number.
    unfinished: HashMap<&'a str, (&'a str, usize)>,
}

impl<'a> Reader<'a> {
    fn line(&mut self, thread: &'a str, call: &'a str) {
        if let Some(beginning) = call.strip_suffix(" <unfinished ...>") {
            // A write may arrive, and a response be read, as soon as the call begins.
            self.begun(beginning);
            self.unfinished.insert(thread, (beginning, self.events.len()));
        } else if call.starts_with("<... ") {
            let (beginning, since) = self.unfinished.remove(thread).expect("it began before");
            let (_, result) = call.rsplit_once(" = ").expect("a call that ended has a result");
            self.ended(beginning, result, since);
        } else if let Some((beginning, result)) = call.rsplit_once(" = ") {
            self.begun(beginning);
            self.ended(beginning, result, self.events.len());
        }
    }

    fn begun(&mut self, call: &str) {
        let (name, arguments) = call.split_once('(').expect("a call has arguments");
        let file = file(arguments);
        match name {
            "pwrite64" => {
                let bytes = strings(arguments).swap_remove(0);
                let at = last_number(arguments);
                self.events.push(Event::Wrote { file, at, bytes });
            }
            "write" | "writev" | "sendto" if file.starts_with("socket:") => {
                let bytes = strings(arguments).concat();
                let text = String::from_utf8_lossy(&bytes).into_owned();
                self.events.push(Event::Answered { text });
            }
            _ => {}
        }
    }

    fn ended(&mut self, call: &str, result: &str, since: usize) {
        let (name, arguments) = call.split_once('(').expect("a call has arguments");
        if result.starts_with('-') {
            return;
        }
        self.events.push(match name {
            "fsync" | "fdatasync" => Event::Synced { file: file(arguments), since },
            "ftruncate" => Event::Resized { file: file(arguments), length: last_number(arguments) },
            "openat" if arguments.contains("O_CREAT") => Event::Made { file: file(result) },
            "unlink" => {
                let name = strings(arguments).swap_remove(0);
                Event::Removed { file: String::from_utf8(name).expect("a UTF-8 name") }
            }
            "pwrite64" | "write" | "writev" | "sendto" | "openat" | "sendmsg" => return,
            // Key files are put in place with these; database files must not be.
            _ if !call.contains(&hex("baton.db")) => return,
            other => panic!("this model of a disk does not know {other}: {call}"),
        });
    }
}

/// The path of the first descriptor: `9<\x2f...>`.
fn file(arguments: &str) -> String {
    let path = arguments.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    path.map(|(path, _)| String::from_utf8_lossy(&bytes(path)).into_owned()).unwrap_or_default()
}

/// The quoted strings; all are hexadecimal, so none is escaped.
fn strings(arguments: &str) -> Vec<Vec<u8>> {
    arguments.split('"').skip(1).step_by(2).map(bytes).collect()
}

/// Decodes `\x2f\x74` and so on.
fn bytes(escaped: &str) -> Vec<u8> {
    let digit = |digit: u8| {
        let value = char::from(digit).to_digit(16).expect("a hexadecimal digit");
        u8::try_from(value).expect("below 16")
    };
    let (bytes, rest) = escaped.as_bytes().as_chunks::<4>();
    assert!(rest.is_empty(), "not all hexadecimal: {escaped:.80}");
    bytes.iter().map(|[_, _, high, low]| digit(*high) * 16 + digit(*low)).collect()
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("\\x{byte:02x}")).collect()
}

fn last_number(arguments: &str) -> usize {
    let last = arguments.trim_end_matches(')').rsplit(", ").next();
    last.and_then(|number| number.parse().ok()).expect("the last argument is a number")
}
