//! `memgan schema`: the JSON Schema of a description, in both forms of output.

use memgan::config::json_schema;

use super::Outcome;
use super::error::CliError;
use super::output::Output;

pub fn run(output: &mut Output) -> Result<Outcome, CliError> {
    output.text(&format!("{:#}\n", json_schema()))?;
    Ok(Outcome::Success)
}
