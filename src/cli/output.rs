//! Standard output and error in the form that was asked for.

use std::io::Write;

use miette::{GraphicalReportHandler, GraphicalTheme};
use serde_json::Value;

use super::Format;
use super::error::CliError;

/// Raised when a JSON result changes other than by a new key.
pub const FORMAT_VERSION: u32 = 1;

/// Where results and diagnostics go.
pub struct Output {
    pub format: Format,
    out: Box<dyn Write>,
    err: Box<dyn Write>,
}

impl Output {
    /// Results go to `out`, diagnostics to `err`.
    pub fn new(format: Format, out: Box<dyn Write>, err: Box<dyn Write>) -> Self {
        Self { format, out, err }
    }

    /// Writes text as it is.
    pub fn text(&mut self, text: &str) -> Result<(), CliError> {
        Ok(self.out.write_all(text.as_bytes())?)
    }

    /// Writes a JSON object, with the version of the form added.
    pub fn json(&mut self, mut object: Value) -> Result<(), CliError> {
        object["format_version"] = FORMAT_VERSION.into();
        Ok(writeln!(self.out, "{object:#}")?)
    }

    /// Writes a table: the first row is the head, columns are aligned left unless all below the head are numbers.
    pub fn table(&mut self, rows: &[Vec<String>]) -> Result<(), CliError> {
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let cell = |row: &Vec<String>, column: usize| row.get(column).cloned().unwrap_or_default();
        let number = |text: String| text.chars().all(|c| c.is_ascii_digit() || c == ',');
        let widths: Vec<(usize, bool)> = (0..columns)
            .map(|column| {
                let width = rows.iter().map(|row| cell(row, column).chars().count()).max().unwrap_or(0);
                (width, rows.iter().skip(1).all(|row| number(cell(row, column))))
            })
            .collect();
        for row in rows {
            let mut line = String::new();
            for (column, &(width, right)) in widths.iter().enumerate() {
                let text = cell(row, column);
                line += &if right { format!("{text:>width$}  ") } else { format!("{text:<width$}  ") };
            }
            writeln!(self.out, "{}", line.trim_end())?;
        }
        Ok(())
    }

    /// Makes sure that everything was written.
    pub fn finish(&mut self) -> Result<(), CliError> {
        Ok(self.out.flush()?)
    }

    /// Writes an error to standard error, which may be closed: then nobody is there to be told.
    pub fn report(&mut self, error: &CliError) {
        let text = match self.format {
            Format::Json => format!("{:#}", error.to_json()),
            Format::Human => {
                let theme = GraphicalTheme::default();
                let mut text = String::new();
                match GraphicalReportHandler::new_themed(theme).with_links(false).render_report(&mut text, error) {
                    Ok(()) => text,
                    Err(_) => error.to_string(),
                }
            }
        };
        let _ = writeln!(self.err, "{}", text.trim_end());
    }
}

/// A number with commas between groups of three digits.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn digits_are_grouped_by_three() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(1_696_736), "1,696,736");
    }
}
