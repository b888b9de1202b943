//! What happened, in short sentences. Nothing is written down unless somebody wants to read it: a
//! violation is told by living through its seed a second time.

/// The sentences of one seed.
#[derive(Default)]
pub(crate) struct Trace {
    enabled: bool,
    lines: Vec<String>,
}

impl Trace {
    /// A trace that is told, or one that is only lived.
    pub(crate) fn new(enabled: bool) -> Self {
        Self { enabled, lines: Vec::new() }
    }

    pub(crate) fn is_enabled(&self) -> bool {
        self.enabled
    }

    pub(crate) fn push(&mut self, event: u32, line: &str) {
        self.lines.push(format!("{event:>4}  {line}"));
    }

    /// All sentences.
    pub(crate) fn into_lines(self) -> Vec<String> {
        self.lines
    }
}

/// Writes a sentence into the world's trace, if somebody wants to read it.
macro_rules! record {
    ($world:expr, $($sentence:tt)*) => {
        if $world.trace.is_enabled() {
            let line = format!($($sentence)*);
            let event = $world.event;
            $world.trace.push(event, &line);
        }
    };
}
pub(crate) use record;
