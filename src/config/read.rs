//! Text to raw types.

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

use super::check::check;
use super::error::{ConfigError, ProblemKind, Source};
use super::raw::RawDescription;

/// The arrays of layer tables.
const LAYER_ARRAYS: [&str; 3] = ["generator", "discriminator", "layers"];

/// Parses, checks the structure and reads the raw types.
pub(super) fn read(source: Source) -> Result<RawDescription, ConfigError> {
    let mut root = DeTable::parse(source.text).map_err(|error| not_toml(source, &error))?;
    check(source, &root)?;
    for name in LAYER_ARRAYS {
        if let Some(DeValue::Array(layers)) = root.get_mut().get_mut(name).map(Spanned::get_mut) {
            layers.iter_mut().for_each(tag_externally);
        }
    }
    RawDescription::deserialize(Deserializer::from(root)).map_err(|error| not_toml(source, &error))
}

/// `{ type = "conv", kernel = 4 }` becomes `{ conv = { kernel = 4 } }`: serde derives no reader of the first form that
/// keeps spans.
fn tag_externally(layer: &mut Spanned<DeValue>) {
    let span = layer.span();
    let DeValue::Table(table) = layer.get_mut() else { return };
    let Some(tag) = table.remove("type") else { return };
    let tag_span = tag.span();
    let DeValue::String(tag) = tag.into_inner() else { return };
    let mut tagged = DeTable::new();
    let rest = DeValue::Table(std::mem::take(table));
    tagged.insert(Spanned::new(tag_span, tag), Spanned::new(span, rest));
    *table = tagged;
}

fn not_toml(source: Source, error: &toml::de::Error) -> ConfigError {
    let span = error.span().unwrap_or(0..0);
    let shown = source.shown(span.clone());
    let problem = source
        .problem(ProblemKind::Syntax, "", span)
        .message(format!("not valid TOML: {}", error.message()))
        .help("mend the TOML at this place; a preset (`memgan presets tiny`) shows the form");
    if shown.is_empty() { problem.into() } else { problem.value(shown).into() }
}
