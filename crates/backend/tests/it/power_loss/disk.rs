//! A disk after a power cut: synced data is certain; any later write may be lost, and sectors arrive in any order. A
//! name, too, is only certain once its folder was synced.

use std::collections::BTreeMap;
use std::path::Path;

use super::trace::Event;

/// The unit that a disk writes atomically, in bytes.
const SECTOR: usize = 512;

/// The fate of the writes that were not synced.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fate {
    /// None arrived.
    Lost,
    /// All arrived.
    Arrived,
    /// Only the last to each file arrived: the disk reorders writes.
    OnlyTheLast,
    /// Each sector arrived or not, drawn by this number.
    Scattered(u64),
}

/// Files by name, as they are after the power cut.
pub(super) type Image = BTreeMap<String, Vec<u8>>;

/// The disk under one folder.
#[derive(Default)]
pub(super) struct Disk {
    folder: String,
    files: Vec<File>,
    names: BTreeMap<String, Name>,
    /// The number of applied events, and of flushes among them.
    applied: usize,
    flushes: usize,
}

/// A file's content, independent of its names.
#[derive(Default)]
struct File {
    certain: Vec<u8>,
    pending: Vec<(usize, Change)>,
}

#[derive(Clone)]
enum Change {
    Bytes(usize, Vec<u8>),
    Length(usize),
}

/// The file that a name refers to.
#[derive(Default)]
struct Name {
    certain: Option<usize>,
    pending: Vec<(usize, Option<usize>)>,
}

impl Disk {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.display().to_string(), ..Self::default() }
    }

    /// How often the program has waited for this disk.
    pub(super) const fn flushes(&self) -> usize {
        self.flushes
    }

    /// Applies one event of the program.
    pub(super) fn apply(&mut self, event: &Event) {
        let now = self.applied;
        self.applied += 1;
        self.flushes += usize::from(matches!(event, Event::Synced { .. }));
        match event {
            Event::Answered { .. } => {}
            Event::Synced { file, since } if *file == self.folder => {
                for name in self.names.values_mut() {
                    for (_, target) in drain_before(&mut name.pending, *since) {
                        name.certain = target;
                    }
                }
            }
            Event::Synced { file, since } => {
                if let Some(file) = self.file(file) {
                    for (_, change) in drain_before(&mut file.pending, *since) {
                        change.apply(&mut file.certain);
                    }
                }
            }
            Event::Made { file } => {
                if self.is_ours(file) && self.file(file).is_none() {
                    self.files.push(File::default());
                    let made = Some(self.files.len() - 1);
                    self.names.entry(file.clone()).or_default().pending.push((now, made));
                }
            }
            Event::Removed { file } => {
                if let Some(name) = self.names.get_mut(file) {
                    name.pending.push((now, None));
                }
            }
            Event::Wrote { file, at, bytes } => {
                self.change(file, now, || Change::Bytes(*at, bytes.clone()));
            }
            Event::Resized { file, length } => self.change(file, now, || Change::Length(*length)),
        }
    }

    /// The files after a power cut at this instant.
    pub(super) fn after_power_loss(&self, fate: Fate) -> Image {
        let mut dice = Dice(match fate {
            Fate::Scattered(number) => number,
            _ => 0,
        });
        let mut image = Image::new();
        for (path, name) in &self.names {
            let kept = match fate {
                Fate::Lost => 0,
                Fate::Arrived | Fate::OnlyTheLast => name.pending.len(),
                Fate::Scattered(_) => dice.below(name.pending.len() + 1),
            };
            let last = kept.checked_sub(1).map(|last| name.pending[last].1);
            if let Some(file) = last.unwrap_or(name.certain) {
                let short = path.rsplit('/').next().expect("a path has a last part");
                image.insert(short.to_owned(), self.files[file].after(fate, &mut dice));
            }
        }
        image
    }

    /// The database's files alone: keys are written before, and the shared-memory index is rebuilt after a crash.
    fn is_ours(&self, path: &str) -> bool {
        path.strip_prefix(&self.folder)
            .is_some_and(|name| name.starts_with("/baton.db") && !name.ends_with("-shm"))
    }

    fn file(&mut self, path: &str) -> Option<&mut File> {
        let name = self.names.get(path)?;
        let file = name.pending.last().map_or(name.certain, |(_, file)| *file)?;
        self.files.get_mut(file)
    }

    fn change(&mut self, path: &str, now: usize, change: impl FnOnce() -> Change) {
        if let Some(file) = self.file(path) {
            file.pending.push((now, change()));
        }
    }
}

impl File {
    fn after(&self, fate: Fate, dice: &mut Dice) -> Vec<u8> {
        let mut content = self.certain.clone();
        let mut pending = self.pending.iter().map(|(_, change)| change);
        match fate {
            Fate::Lost => {}
            Fate::Arrived => pending.for_each(|change| change.apply(&mut content)),
            Fate::OnlyTheLast => {
                if let Some(change) = pending.next_back() {
                    change.apply(&mut content);
                }
            }
            Fate::Scattered(_) => {
                for sector in pending.flat_map(Change::sectors) {
                    if dice.below(2) == 0 {
                        sector.apply(&mut content);
                    }
                }
            }
        }
        content
    }
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Length(length) => content.resize(*length, 0),
            Self::Bytes(at, bytes) => {
                let end = at + bytes.len();
                content.resize(content.len().max(end), 0);
                content[*at..end].copy_from_slice(bytes);
            }
        }
    }

    /// The change in pieces that arrive whole or not at all.
    fn sectors(&self) -> Vec<Self> {
        let Self::Bytes(at, bytes) = self else { return vec![self.clone()] };
        let mut pieces = Vec::new();
        let mut from = 0;
        while from < bytes.len() {
            let to = (from + SECTOR - (at + from) % SECTOR).min(bytes.len());
            pieces.push(Self::Bytes(at + from, bytes[from..to].to_vec()));
            from = to;
        }
        pieces
    }
}

fn drain_before<T>(pending: &mut Vec<(usize, T)>, since: usize) -> Vec<(usize, T)> {
    let count = pending.iter().take_while(|(number, _)| *number < since).count();
    pending.drain(..count).collect()
}

/// A deterministic generator (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, faces: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let faces = faces as u64;
        usize::try_from((mixed ^ (mixed >> 31)) % faces).expect("below a usize")
    }
}
