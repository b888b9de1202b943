//! What happened, in short sentences. Nothing is written down unless somebody wants to read it: a
//! violation is told by living through its seed a second time.

/// The sentences of one seed.
#[derive(Default)]
pub(crate) struct Story {
    telling: bool,
    lines: Vec<String>,
}

impl Story {
    /// A story that is told, or one that is only lived.
    pub(crate) fn new(telling: bool) -> Self {
        Self { telling, lines: Vec::new() }
    }

    pub(crate) fn is_told(&self) -> bool {
        self.telling
    }

    pub(crate) fn add(&mut self, event: u32, line: &str) {
        self.lines.push(format!("{event:>4}  {line}"));
    }

    /// All sentences.
    pub(crate) fn into_lines(self) -> Vec<String> {
        self.lines
    }
}

/// Writes a sentence into the world's story, if somebody wants to read it.
macro_rules! tell {
    ($world:expr, $($sentence:tt)*) => {
        if $world.story.is_told() {
            let line = format!($($sentence)*);
            let event = $world.event;
            $world.story.add(event, &line);
        }
    };
}
pub(crate) use tell;
