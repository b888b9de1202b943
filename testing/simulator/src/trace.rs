//! A trace of a seed's events, in short sentences. Recorded only on request: a violation is reproduced with tracing.

/// The sentences of one seed.
#[derive(Default)]
pub(crate) struct Trace {
    enabled: bool,
    lines: Vec<String>,
}

impl Trace {
    pub(crate) fn new(enabled: bool) -> Self {
        Self { enabled, lines: Vec::new() }
    }

    pub(crate) fn is_enabled(&self) -> bool {
        self.enabled
    }

    pub(crate) fn push(&mut self, event: u32, line: &str) {
        self.lines.push(format!("{event:>4}  {line}"));
    }

    pub(crate) fn into_lines(self) -> Vec<String> {
        self.lines
    }
}

/// Adds a sentence to the world's trace, if it is recorded.
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
