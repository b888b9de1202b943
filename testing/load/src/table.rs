//! Tables, as plain text and as Markdown.

/// A table. The first column names the rows, the others hold figures.
pub(crate) struct Table {
    head: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(head: &[&'static str]) -> Self {
        Self { head: head.to_vec(), rows: Vec::new() }
    }

    /// Adds a row, which has as many cells as the head.
    pub(crate) fn push<const N: usize>(&mut self, cells: [String; N]) {
        assert_eq!(N, self.head.len(), "each row has a cell for each column");
        self.rows.push(cells.into());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Columns by spaces, the figures on the right.
    pub(crate) fn text(&self) -> String {
        let width = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].chars().count());
            cells.chain([self.head[column].chars().count()]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.head.len()).map(width).collect();
        let line = |cells: Vec<&str>| {
            let padded = cells.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
                if column == 0 { format!("{cell:width$}") } else { format!("{cell:>width$}") }
            });
            padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        let rows = self.rows.iter().map(|row| line(row.iter().map(String::as_str).collect()));
        [line(self.head.clone())].into_iter().chain(rows).collect::<Vec<_>>().join("\n")
    }

    /// A table of GitHub's Markdown.
    pub(crate) fn markdown(&self) -> String {
        let line = |cells: &[&str]| format!("| {} |\n", cells.join(" | "));
        let rule: Vec<&str> =
            (0..self.head.len()).map(|column| if column == 0 { "---" } else { "---:" }).collect();
        let mut text = line(&self.head) + &line(&rule);
        for row in &self.rows {
            text += &line(&row.iter().map(String::as_str).collect::<Vec<_>>());
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&["workload", "µs"]);
        table.push(["me".to_owned(), "7".to_owned()]);
        table.push(["refresh in mix".to_owned(), "1,234".to_owned()]);
        table
    }

    #[test]
    fn figures_stand_on_the_right_of_their_column() {
        let text = "workload           µs\nme                  7\nrefresh in mix  1,234";
        assert_eq!(table().text(), text);
    }

    #[test]
    fn markdown_has_a_rule_below_its_head() {
        let text = "| workload | µs |\n| --- | ---: |\n| me | 7 |\n| refresh in mix | 1,234 |\n";
        assert_eq!(table().markdown(), text);
        assert!(Table::new(&["a"]).is_empty() && !table().is_empty());
    }
}
