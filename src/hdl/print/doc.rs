//! Laying text out in at most 100 columns.

/// Widest line of the text.
pub(crate) const COLUMNS: usize = 100;

/// Text with places where it may be broken.
#[derive(Clone, Debug)]
pub(crate) enum Doc {
    Text(String),
    /// A space, or a new line in a group that does not fit.
    Line,
    Seq(Vec<Doc>),
    /// Broken as a whole or not at all; lines inside are indented by this much.
    Group(usize, Box<Doc>),
    /// Items with `, ` between them, broken only where the next item does not fit.
    Fill(Vec<Doc>),
}

pub(crate) fn text(s: impl Into<String>) -> Doc {
    Doc::Text(s.into())
}

impl Doc {
    pub(crate) fn group(indent: usize, parts: Vec<Self>) -> Self {
        Self::Group(indent, Box::new(Self::Seq(parts)))
    }

    fn len(&self) -> usize {
        match self {
            Self::Text(s) => s.len(),
            Self::Line => 1,
            Self::Seq(all) => all.iter().map(Self::len).sum(),
            Self::Group(_, inner) => inner.len(),
            Self::Fill(all) => all.iter().map(Self::len).sum::<usize>() + 2 * all.len().saturating_sub(1),
        }
    }

    /// The text on one line.
    pub(crate) fn flat(&self) -> String {
        let mut page = Page { out: String::new(), column: 0, columns: usize::MAX };
        page.put(self, 0, true, 0);
        page.out
    }

    /// The text from column `indent` on, broken into lines of at most 100 columns where that is possible.
    pub(crate) fn layout(&self, indent: usize) -> String {
        let mut page = Page { out: String::new(), column: indent, columns: COLUMNS };
        page.put(self, indent, false, 0);
        page.out
    }
}

struct Page {
    out: String,
    column: usize,
    columns: usize,
}

impl Page {
    fn new_line(&mut self, indent: usize) {
        self.out.truncate(self.out.trim_end_matches(' ').len());
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.column = indent;
    }

    fn write(&mut self, s: &str) {
        self.out.push_str(s);
        self.column += s.len();
    }

    /// `after` is the length of what follows on the same line and cannot be broken off.
    fn put(&mut self, doc: &Doc, indent: usize, flat: bool, after: usize) {
        match doc {
            Doc::Text(s) => self.write(s),
            Doc::Line if flat => self.write(" "),
            Doc::Line => self.new_line(indent),
            Doc::Seq(all) => {
                for (i, one) in all.iter().enumerate() {
                    let rest = &all[i + 1..];
                    let end = rest.iter().position(|d| !flat && matches!(d, Doc::Line));
                    let tail: usize = rest[..end.unwrap_or(rest.len())].iter().map(tail_len).sum();
                    self.put(one, indent, flat, tail + if end.is_none() { after } else { 0 });
                }
            }
            Doc::Group(more, inner) => {
                let fits = flat || self.column.saturating_add(inner.len() + after) <= self.columns;
                self.put(inner, indent + more, fits, after);
            }
            Doc::Fill(all) => {
                let start = self.column;
                for (i, one) in all.iter().enumerate() {
                    let last = i + 1 == all.len();
                    if i > 0 {
                        self.write(", ");
                        let end = self.column + one.len() + if last { after } else { 1 };
                        if !flat && end > self.columns && self.column > start {
                            self.new_line(start);
                        }
                    }
                    self.put(one, start, flat, if last { after } else { 1 });
                }
            }
        }
    }
}

/// What must stand on the line of the text before it.
fn tail_len(doc: &Doc) -> usize {
    match doc {
        Doc::Text(s) => s.len(),
        Doc::Line | Doc::Group(..) | Doc::Fill(_) => 0,
        Doc::Seq(all) => all.iter().map(tail_len).sum(),
    }
}

/// A comment of one paragraph, every line starting with `// ` at the indentation.
pub(crate) fn comment(indent: usize, paragraph: &str) -> String {
    let pad = " ".repeat(indent);
    let mut lines: Vec<String> = Vec::new();
    for line in paragraph.lines() {
        let keep = line.len() - line.trim_start().len();
        let mut now = String::new();
        for word in line.split_whitespace() {
            if !now.is_empty() && indent + 3 + keep + now.len() + 1 + word.len() > COLUMNS {
                lines.push(format!("{}{now}", " ".repeat(keep)));
                now.clear();
            }
            if !now.is_empty() {
                now.push(' ');
            }
            now.push_str(word);
        }
        lines.push(format!("{}{now}", " ".repeat(keep)));
    }
    lines.iter().map(|l| format!("{}\n", format!("{pad}// {l}").trim_end())).collect()
}
