//! Counts the pieces from which an attacker would assemble a password. A piece is a common password, a run such as
//! `abcdef`, `7777` or `asdfgh`, a word from the context, or else a single character; the count is of the fewest
//! pieces that make up the whole.

/// The 3,000 most used passwords of four or more ASCII characters, and the long ones among the 20,000
/// most used, without those that are mere runs; lower case, sorted by bytes, one a line. From the
/// frequency list of Royce Williams as Django ships it; see `common.LICENSE` beside it.
const COMMON: &str = include_str!("common.txt");
const LONGEST_COMMON: usize = 21;
const KEYBOARD_ROWS: [&str; 4] = ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"];
const SHORTEST_RUN: usize = 3;
const SHORTEST_CONTEXT_WORD: usize = 3;

/// Whether `word`, in lower case, stands on the list.
pub(super) fn is_common(word: &str) -> bool {
    // The list is sorted by bytes, so a binary search over line starts finds any word.
    let (mut low, mut high) = (0, COMMON.len());
    while low < high {
        let middle = COMMON[..low + (high - low) / 2].rfind('\n').map_or(0, |newline| newline + 1);
        let start = middle.max(low);
        let end = COMMON[start..].find('\n').map_or(COMMON.len(), |newline| start + newline);
        match COMMON[start..end].cmp(word) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    false
}

/// The fewest pieces that make up `folded`, which is in lower case.
pub(super) fn count(folded: &str, context: &[&str]) -> usize {
    let characters: Vec<char> = folded.chars().collect();
    // A repetition adds no more entropy than knowing that it is one.
    let period = period(&characters);
    let repeated = usize::from(period < characters.len());
    fewest_pieces(&characters[..period], &words_of(context)) + repeated
}

/// The length of the shortest prefix whose repetition gives the whole (the last one may be cut),
/// or the whole length if it would not repeat at least twice.
fn period(characters: &[char]) -> usize {
    (1..=characters.len() / 2)
        .find(|&period| {
            characters[period..].iter().zip(characters).all(|(later, earlier)| later == earlier)
        })
        .unwrap_or(characters.len())
}

/// The context in lower case: each entry whole, and each word in it.
fn words_of(context: &[&str]) -> Vec<Vec<char>> {
    context
        .iter()
        .flat_map(|entry| {
            std::iter::once(*entry).chain(entry.split(|c: char| !c.is_alphanumeric()))
        })
        .map(|word| word.to_lowercase().chars().collect::<Vec<char>>())
        .filter(|word| word.len() >= SHORTEST_CONTEXT_WORD)
        .collect()
}

fn fewest_pieces(characters: &[char], context: &[Vec<char>]) -> usize {
    // fewest[n]: the fewest pieces that make up the first n characters.
    let mut fewest: Vec<usize> = (0..=characters.len()).collect();
    for start in 0..characters.len() {
        let rest = &characters[start..];
        let here = fewest[start] + 1;
        let reach = |length: usize, fewest: &mut Vec<usize>| {
            let end = &mut fewest[start + length];
            *end = (*end).min(here);
        };
        reach(1, &mut fewest);
        for length in SHORTEST_RUN..=run(rest) {
            reach(length, &mut fewest);
        }
        for word in context.iter().filter(|word| rest.starts_with(word)) {
            reach(word.len(), &mut fewest);
        }
        let mut word = String::new();
        for (index, &character) in rest.iter().take(LONGEST_COMMON).enumerate() {
            word.push(plain(character));
            if index >= 3 && is_common(&word) {
                reach(index + 1, &mut fewest);
            }
        }
    }
    fewest[characters.len()]
}

/// How many of the first characters continue each other: `aaaa`, `abcd`, `4321`, `asdf`.
fn run(characters: &[char]) -> usize {
    let longest = |follows: &dyn Fn(char, char) -> bool| {
        1 + characters.windows(2).take_while(|pair| follows(pair[0], pair[1])).count()
    };
    let on_keyboard = |a: char, b: char, step: isize| {
        KEYBOARD_ROWS.iter().any(|row| {
            row.find(a).is_some_and(|at| {
                at.checked_add_signed(step).and_then(|next| row.get(next..=next))
                    == Some(b.encode_utf8(&mut [0; 4]))
            })
        })
    };
    [
        longest(&|a, b| a == b),
        longest(&|a, b| u32::from(a) + 1 == u32::from(b)),
        longest(&|a, b| u32::from(b) + 1 == u32::from(a)),
        longest(&|a, b| on_keyboard(a, b, 1)),
        longest(&|a, b| on_keyboard(a, b, -1)),
    ]
    .into_iter()
    .max()
    .unwrap_or(0)
}

/// Undoes common character substitutions: `p@ssw0rd`.
fn plain(character: char) -> char {
    match character {
        '@' => 'a',
        '$' => 's',
        other => other,
    }
}
