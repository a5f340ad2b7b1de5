//! What is wrong with a description, where it stands and how to get out of it.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode, SourceSpan};
use serde::Serialize;
use thiserror::Error;

use super::located::Located;

/// Longest piece of the text that is repeated as the value of a key, in characters.
const VALUE_LENGTH: usize = 60;

/// The first fault found in a description; it dereferences to the [`Problem`].
#[derive(Debug, Error)]
#[error(transparent)]
pub struct ConfigError(#[from] Box<Problem>);

impl Deref for ConfigError {
    type Target = Problem;

    fn deref(&self) -> &Problem {
        &self.0
    }
}

/// The class of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// The file cannot be read, is too long or is not UTF-8.
    Unreadable,
    /// The text is not TOML.
    Syntax,
    /// A key that does not exist at its place.
    UnknownKey,
    /// A required key that is not given.
    MissingKey,
    /// A value of another type than the key's.
    WrongType,
    /// A value that the key alone forbids.
    OutOfRange,
    /// A value that does not go with another one.
    Inconsistent,
}

impl ProblemKind {
    /// The name used in diagnostic codes and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Syntax => "syntax",
            Self::UnknownKey => "unknown_key",
            Self::MissingKey => "missing_key",
            Self::WrongType => "wrong_type",
            Self::OutOfRange => "out_of_range",
            Self::Inconsistent => "inconsistent",
        }
    }
}

/// One fault of a description.
#[derive(Debug, Error, Serialize)]
#[error("{message}")]
pub struct Problem {
    /// The class of the fault.
    pub kind: ProblemKind,
    /// What is wrong, in one sentence.
    pub message: String,
    /// Name of the file as given by the caller.
    pub file: String,
    /// Line of the fault, from 1; 0 when the file was not read.
    pub line: usize,
    /// Column of the fault in characters, from 1; 0 when the file was not read.
    pub column: usize,
    /// Full path, as in `generator[1].kernel`; empty when the text is not TOML.
    pub key: String,
    /// The value as it stands in the text, or the default in force.
    pub value: Option<String>,
    /// What the key may hold.
    pub allowed: Option<String>,
    /// A way out.
    pub help: String,
    #[serde(skip)]
    source_code: NamedSource<Arc<str>>,
    #[serde(skip)]
    span: SourceSpan,
}

impl Problem {
    /// A file that could not be read.
    pub(super) fn unreadable(file: &str, message: String, help: String) -> ConfigError {
        let source = Source { file, text: "" };
        let mut problem = source.problem(ProblemKind::Unreadable, "", 0..0).message(message).help(help);
        (problem.line, problem.column) = (0, 0);
        problem.into()
    }

    pub(super) fn message(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    pub(super) fn value(mut self, value: impl Into<String>) -> Self {
        self.value = Some(value.into());
        self
    }

    pub(super) fn allowed(mut self, allowed: impl Into<String>) -> Self {
        self.allowed = Some(allowed.into());
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }
}

impl From<Problem> for ConfigError {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

impl Diagnostic for ConfigError {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(format!("memgan::description::{}", self.kind.name())))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        (!self.help.is_empty()).then(|| Box::new(&self.help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        (self.line > 0).then_some(&self.source_code as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let text = self.allowed.as_ref().map_or_else(|| "here".into(), |allowed| format!("allowed: {allowed}"));
        let label = LabeledSpan::new_primary_with_span(Some(text), self.span);
        (self.line > 0).then(|| Box::new(std::iter::once(label)) as Box<dyn Iterator<Item = LabeledSpan>>)
    }
}

/// The text under examination and its name.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub file: &'a str,
    pub text: &'a str,
}

impl<'a> Source<'a> {
    /// Starts a diagnostic; `span` may be any byte range.
    pub fn problem(&self, kind: ProblemKind, key: impl Into<String>, span: Range<usize>) -> Problem {
        let start = self.text.floor_char_boundary(span.start);
        let end = self.text.ceil_char_boundary(span.end.max(start));
        let before = &self.text[..start];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Problem {
            kind,
            message: String::new(),
            file: self.file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            key: key.into(),
            value: None,
            allowed: None,
            help: String::new(),
            source_code: NamedSource::new(self.file, Arc::from(self.text)).with_language("toml"),
            span: (start..end).into(),
        }
    }

    /// Starts a diagnostic of a value; a default has no place in the text.
    pub fn blame<T: fmt::Display>(&self, kind: ProblemKind, key: impl Into<String>, located: &Located<T>) -> Problem {
        let span = located.span.clone();
        let shown = span.clone().map_or_else(|| located.value.to_string(), |span| self.shown(span));
        self.problem(kind, key, span.unwrap_or(0..0)).value(shown)
    }

    /// The text at `span` as a value to show: its first line, shortened.
    pub fn shown(&self, span: Range<usize>) -> String {
        let whole = self.text.get(span).unwrap_or_default();
        let line = whole.lines().next().unwrap_or_default();
        let mut shown: String = line.chars().take(VALUE_LENGTH).collect();
        if shown.len() < whole.len() {
            shown.push_str("...");
        }
        shown
    }
}
